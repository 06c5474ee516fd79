import { expect, test, vi } from "vitest";
import { commitScheduler } from "../../src/cloudflare/commit-scheduler.ts";
import { limits } from "../../src/limits.ts";
import type { Timer } from "../../src/storage/clock.ts";
import { EventDispatcher } from "../../src/storage/event-dispatcher.ts";
import type { SqlDriver } from "../../src/storage/sql.ts";
import { UnitOfWork } from "../../src/storage/unit-of-work.ts";
import { memoryDriver } from "../support/sqlite.ts";

const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const never: Timer = () => () => {};
const timer: Timer = (done, ms) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};

test("a lone write commits without waiting for the timer, as soon as the commit before it is on disk", async () => {
  const schedule = commitScheduler(() => Promise.resolve(), never);
  const commit = vi.fn();
  for (const times of [1, 2]) {
    schedule(commit);
    await Promise.resolve();
    expect(commit).toHaveBeenCalledTimes(times);
    await nextTurn();
  }
});

test("while a commit is being made durable, the timer starts the next one", async () => {
  const disk = Promise.withResolvers<void>();
  let fire = () => {};
  const schedule = commitScheduler(
    () => disk.promise,
    (done) => {
      fire = done;
      return () => {};
    },
  );
  const commit = vi.fn();
  schedule(commit);
  await nextTurn();
  schedule(commit);
  await nextTurn();
  expect(commit).toHaveBeenCalledTimes(1);
  fire();
  expect(commit).toHaveBeenCalledTimes(2);
});

test.for([
  ["rejects", () => Promise.reject(new Error("disk full"))],
  [
    "throws",
    () => {
      throw new Error("disk full");
    },
  ],
] as const)(
  "a commit that cannot be made durable does not stop the next one: the host %s",
  async ([, untilDurable]) => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const schedule = commitScheduler(untilDurable, timer);
    const commit = vi.fn();
    for (const times of [1, 2]) {
      schedule(commit);
      await nextTurn();
      expect(commit).toHaveBeenCalledTimes(times);
    }
    expect(error.mock.calls[0]).toMatchObject([{ event: "commit-not-durable" }]);
    error.mockRestore();
  },
);

test("writes beyond one commit wait for the timer, so that other requests run between two commits", async () => {
  const driver = memoryDriver();
  const scheduleCommit = commitScheduler(() => nextTurn(), timer);
  let [commits, turns] = [0, 0];
  const counting: SqlDriver = {
    ...driver,
    transaction(work) {
      commits++;
      return driver.transaction(work);
    },
  };
  const unitOfWork = new UnitOfWork({ driver: counting, dispatcher: new EventDispatcher(), scheduleCommit });
  const done = Promise.all(Array.from({ length: 3 * limits.commitMaxWrites }, () => unitOfWork.run(() => {})));
  setTimeout(() => {
    turns = commits;
  }, 0);
  await done;
  expect([turns, commits]).toEqual([1, 3]);
});
