import { expect, test, vi } from "vitest";
import { commitScheduler } from "../../src/cloudflare/commit-scheduler.ts";
import type { Timer } from "../../src/storage/clock.ts";

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
