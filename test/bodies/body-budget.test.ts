import { expect, test } from "vitest";
import { BodyBudget } from "../../src/bodies/body-budget.ts";

/** A budget of 100 bytes, 40 for each client, and 10 ms for each body. */
function setUp() {
  const clock = { now: 0 };
  const deps = { totalMaxBytes: 100, clientMaxBytes: 40, maxMs: 10, elapsedMs: () => clock.now };
  return { budget: new BodyBudget(deps), clock };
}
const stateOf = (refused: Promise<string>) => Promise.race([refused, Promise.resolve("open")]);

test("a full budget refuses the body that has been arriving for longest, and takes the new one", async () => {
  const { budget } = setUp();
  const [slow, second, third] = [budget.open(null), budget.open(null), budget.open(null)];
  expect([slow.take(60), second.take(40), third.take(50)]).toEqual([true, true, true]);
  expect(await Promise.all([slow, second, third].map(({ refused }) => stateOf(refused)))).toEqual([
    "busy",
    "open",
    "open",
  ]);
  expect(budget.bytes).toBe(90);
});

test("a body that has arrived keeps its memory until it is released", async () => {
  const { budget } = setUp();
  const arrived = budget.open(null);
  arrived.take(80);
  arrived.arrived();
  const next = budget.open(null);
  expect(next.take(30)).toBe(false);
  expect([await stateOf(arrived.refused), await stateOf(next.refused)]).toEqual(["open", "busy"]);
  arrived.release();
  arrived.release();
  expect(budget.bytes).toBe(0);
  expect(budget.open(null).take(100)).toBe(true);
});

test("a body that grows beyond the whole budget is itself refused, and its memory is free", async () => {
  const { budget } = setUp();
  const body = budget.open(null);
  expect([body.take(90), body.take(20), body.take(1)]).toEqual([true, false, false]);
  expect([await stateOf(body.refused), budget.bytes]).toEqual(["busy", 0]);
});

test("one client gets its part and no more, and takes nothing of the others", async () => {
  const { budget } = setUp();
  const [first, second, other] = [budget.open("a"), budget.open("a"), budget.open("b")];
  expect([first.take(30), second.take(20), other.take(40)]).toEqual([true, false, true]);
  first.release();
  expect(budget.open("a").take(40)).toBe(true);
});

test("a body that takes too long is refused when the next one starts", async () => {
  const { budget, clock } = setUp();
  const slow = budget.open(null);
  slow.take(10);
  clock.now = 5;
  const later = budget.open(null);
  clock.now = 11;
  budget.open(null);
  expect([await stateOf(slow.refused), await stateOf(later.refused)]).toEqual(["too-slow", "open"]);
  expect(budget.bytes).toBe(0);
});
