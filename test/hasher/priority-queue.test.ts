import { expect, test } from "vitest";
import { PriorityQueue } from "../../src/hasher/priority-queue.ts";
import type { HashPriority } from "../../src/hasher/scrypt.ts";

/** A queue whose jobs end when the test ends them. */
function setUp(maxWaiting: number) {
  const queue = new PriorityQueue(maxWaiting, 0, 1);
  const ended: string[] = [];
  const started: { name: string; end: () => void }[] = [];
  const add = (priority: HashPriority, name: string) =>
    queue.add(priority, async () => {
      await new Promise<void>((resolve) => started.push({ name, end: resolve }));
      ended.push(name);
      return name;
    });
  /** Ends the running job and waits until the next has started. */
  const next = async () => {
    const already = started.length;
    started.at(-1)?.end();
    await expect.poll(() => started.length, { interval: 1 }).toBe(already + 1);
  };
  return { queue, add, started, ended, next };
}

test("logins run before changes, and those before registrations, each kind in order of arrival", async () => {
  const { add, started, next } = setUp(10);
  for (const name of ["r1", "r2", "r3"]) add("registration", name);
  for (const name of ["c1", "c2"]) add("change", name);
  for (const name of ["l1", "l2"]) add("login", name);
  for (let n = 0; n < 6; n++) await next();
  expect(started.map(({ name }) => name)).toEqual(["r1", "l1", "l2", "c1", "c2", "r2", "r3"]);
});

test("each kind has its own limit, so a queue full of registrations still accepts logins", () => {
  const { add } = setUp(2);
  // The first one runs and no longer counts as queued.
  expect(["a", "b", "c", "d"].map((name) => add("registration", name) !== null)).toEqual([true, true, true, false]);
  expect(["e", "f", "g"].map((name) => add("login", name) !== null)).toEqual([true, true, false]);
});

test("jobs run one at a time, and one that fails does not stop those after it", async () => {
  const queue = new PriorityQueue(10, 0, 1);
  let [running, most] = [0, 0];
  const jobs = Array.from({ length: 6 }, (_, n) =>
    queue.add("login", async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      if (n === 2) throw new Error("broken");
      return n;
    }),
  );
  const settled = await Promise.allSettled(jobs);
  expect(settled.map((one) => (one.status === "fulfilled" ? one.value : one.status))).toEqual([
    0,
    1,
    "rejected",
    3,
    4,
    5,
  ]);
  expect(most).toBe(1);
});
