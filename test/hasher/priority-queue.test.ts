import { expect, test } from "vitest";
import { Queue } from "../../src/hasher/priority-queue.ts";
import type { Lane } from "../../src/hasher/scrypt.ts";

/** A queue whose works end when the test says so. */
function setUp(most: number) {
  const queue = new Queue(most, 0);
  const ended: string[] = [];
  const begun: { name: string; end: () => void }[] = [];
  const add = (lane: Lane, name: string) =>
    queue.add(lane, async () => {
      await new Promise<void>((resolve) => begun.push({ name, end: resolve }));
      ended.push(name);
      return name;
    });
  /** Ends the work that is going on, and lets the next begin. */
  const next = async () => {
    const already = begun.length;
    begun.at(-1)?.end();
    await expect.poll(() => begun.length, { interval: 1 }).toBe(already + 1);
  };
  return { queue, add, begun, ended, next };
}

test("Logins go before changes, and those before registrations, however many came first; each kind goes in its order.", async () => {
  const { add, begun, next } = setUp(10);
  for (const name of ["r1", "r2", "r3"]) add("registration", name);
  for (const name of ["c1", "c2"]) add("change", name);
  for (const name of ["l1", "l2"]) add("login", name);
  for (let n = 0; n < 6; n++) await next();
  expect(begun.map(({ name }) => name)).toEqual(["r1", "l1", "l2", "c1", "c2", "r2", "r3"]);
});

test("Each kind has places of its own: a queue full of registrations still takes logins.", () => {
  const { add } = setUp(2);
  // The first is at work and waits no more.
  expect(["a", "b", "c", "d"].map((name) => add("registration", name) !== null)).toEqual([true, true, true, false]);
  expect(["e", "f", "g"].map((name) => add("login", name) !== null)).toEqual([true, true, false]);
});

test("Works go one at a time, and one that fails stops none behind it.", async () => {
  const queue = new Queue(10, 0);
  let [running, most] = [0, 0];
  const works = Array.from({ length: 6 }, (_, n) =>
    queue.add("login", async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      if (n === 2) throw new Error("broken");
      return n;
    }),
  );
  const settled = await Promise.allSettled(works);
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
