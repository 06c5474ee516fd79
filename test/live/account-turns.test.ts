import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { AccountTurns, type Turn } from "../../src/live/account-turns.ts";

/** Turns, and a clock that the test moves. */
function setUp() {
  let now = 0;
  const due: { at: number; done: () => void }[] = [];
  const turns = new AccountTurns((done, ms) => {
    const entry = { at: now + ms, done };
    due.push(entry);
    return () => void (due.includes(entry) && due.splice(due.indexOf(entry), 1));
  });
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
  await advance(999);
  take(2, "b2");
  await advance(0);
  expect(names()).toEqual(["a1", "b1", "b2"]);
  await advance(10);
  expect(names()).toEqual(["a1", "b1", "b2", "a2"]);
  taken[2]?.turn.end(100);
  // It waits for messages: the next command does not wait for it, and its late end changes nothing.
  await advance(limits.turnMaxMs);
  expect(names().at(-1)).toBe("a3");
  taken[3]?.turn.end(limits.socketReadBytesPerSecond);
  taken[4]?.turn.end(100);
  expect(isIdle()).toBe(true);
});

test("short replies follow each other, and pause after 64 KiB", async () => {
  const { take, taken, advance, names } = setUp();
  const burst = limits.turnsBurstBytes / limits.turnCostBytes;
  for (let n = 0; n <= burst; n++) take(1, String(n));
  for (let n = 0; n < burst; n++) {
    await advance(0);
    expect(names()).toHaveLength(n + 1);
    taken[n]?.turn.end(0);
  }
  await advance(1);
  expect(names()).toHaveLength(burst);
  await advance((1000 * limits.turnsBurstBytes) / limits.socketReadBytesPerSecond);
  expect(names()).toHaveLength(burst + 1);
});
