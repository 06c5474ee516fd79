import { expect, test } from "vitest";
import { KeyedMutex } from "../../src/accounts/keyed-mutex.ts";

function setUp() {
  let now = 0;
  const mutex = new KeyedMutex({ maxQueued: 3, maxWaitMs: 1_000, clock: () => now });
  return { mutex, pass: (ms: number) => (now += ms) };
}

test("jobs of one key run one by one, those of another at the same time", async () => {
  const { mutex } = setUp();
  const first = Promise.withResolvers<string>();
  let isSecondStarted = false;
  const running = mutex.run("budi", () => first.promise);
  const waiting = mutex.run("budi", async () => {
    isSecondStarted = true;
    return "kedua";
  });
  expect(await mutex.run("ani", async () => "lain")).toBe("lain");
  expect(isSecondStarted).toBe(false);
  first.resolve("pertama");
  expect([await running, await waiting]).toEqual(["pertama", "kedua"]);
  expect(mutex.isIdle("budi")).toBe(true);
});

test("one job too many is refused, and so is one whose turn comes too late", async () => {
  const { mutex, pass } = setUp();
  const first = Promise.withResolvers<string>();
  const jobs = [mutex.run("budi", () => first.promise), mutex.run("budi", async () => "terlambat")];
  pass(600);
  jobs.push(mutex.run("budi", async () => "tepat waktu"));
  expect(await mutex.run("budi", async () => "terlalu banyak")).toBeNull();
  pass(500);
  first.resolve("pertama");
  expect(await Promise.all(jobs)).toEqual(["pertama", null, "tepat waktu"]);
});
