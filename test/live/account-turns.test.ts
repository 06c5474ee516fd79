import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { AccountTurns, type Turn } from "../../src/live/account-turns.ts";

/** Turns, and a clock that the test moves. */
function setUp() {
  let now = 0;
  const due: { at: number; done: () => void }[] = [];
  const turns = new AccountTurns(
    (done, ms) => {
      const entry = { at: now + ms, done };
      due.push(entry);
      return () => void (due.includes(entry) && due.splice(due.indexOf(entry), 1));
    },
    () => now,
  );
  const advance = async (ms: number) => {
    now += ms;
    for (const entry of due.filter(({ at }) => at <= now)) {
      due.splice(due.indexOf(entry), 1);
      entry.done();
    }
    await Promise.resolve();
  };
  const taken: { name: string; turn: Turn }[] = [];
  const take = (account: number, name: string) => void turns.take(account).then((turn) => taken.push({ name, turn }));
  return { take, taken, advance, names: () => taken.map(({ name }) => name), isIdle: () => due.length === 0 };
}

test("an account has one turn at a time and pauses after a long reply, and others do not wait for it", async () => {
  const { take, taken, advance, names, isIdle } = setUp();
  for (const name of ["a1", "a2", "a3"]) take(1, name);
  take(2, "b1");
  await advance(0);
  expect(names()).toEqual(["a1", "b1"]);
  taken[0]?.turn.end(limits.socketReadBytesPerSecond);
  taken[1]?.turn.end(100);
  const burstMs = (1000 * limits.turnsBurstBytes) / limits.socketReadBytesPerSecond;
  await advance(1000 - burstMs);
  take(2, "b2");
  await advance(0);
  expect(names()).toEqual(["a1", "b1", "b2"]);
  await advance(2);
  expect(names()).toEqual(["a1", "b1", "b2", "a2"]);
  taken[2]?.turn.end(100);
  // It waits for messages: the next command does not wait for it, and its late reply is paid by the one after.
  await advance(limits.turnMaxMs);
  expect(names().at(-1)).toBe("a3");
  taken[3]?.turn.end(limits.socketReadBytesPerSecond);
  taken[4]?.turn.end(100);
  take(1, "a4");
  await advance(900);
  expect(names().at(-1)).toBe("a3");
  await advance(100);
  expect(names().at(-1)).toBe("a4");
  taken[5]?.turn.end(0);
  await advance(1000);
  expect(isIdle()).toBe(true);
});

test("an account that comes back after each reply has not escaped its pause", async () => {
  const { take, taken, advance } = setUp();
  let now = 0;
  for (let n = 0; now < 1000; n++) {
    take(1, String(n));
    await advance(0);
    while (taken.length === n) {
      await advance(1);
      now += 1;
    }
    taken[n]?.turn.end(60 * 1024);
  }
  expect(taken.length).toBeLessThan(2 + (limits.socketReadBytesPerSecond + limits.turnsBurstBytes) / (60 * 1024));
});

test("short replies follow each other, and pause after 64 KiB", async () => {
  const { take, taken, advance, names } = setUp();
  // The last of them leaves no credit.
  const burst = limits.turnsBurstBytes / limits.turnCostBytes;
  for (let n = 0; n <= burst; n++) take(1, String(n));
  for (let n = 0; n < burst; n++) {
    await advance(0);
    expect(names()).toHaveLength(n + 1);
    taken[n]?.turn.end(0);
  }
  await advance(0);
  expect(names()).toHaveLength(burst);
  await advance(1);
  expect(names()).toHaveLength(burst + 1);
});
