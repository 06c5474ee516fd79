import { expect, test } from "vitest";
import { AccountBudgets } from "../../src/admission/account-budgets.ts";
import { limits } from "../../src/limits.ts";
import type { UserCommand } from "../../src/protocol/commands.ts";
import type { Name } from "../../src/protocol/names.ts";

const [ani, budi] = ["ani" as Name, "budi" as Name];
const whoami: UserCommand = { name: "whoami", options: {} };
const send = (text: string) => ({ name: "sendprivate", to: "ani", text, options: {} }) as unknown as UserCommand;
const burst = 10 * limits.accountBurstSeconds;

/** Ten commands a second. Refusals that wait are answered by `answerRefusals`. */
function setUp() {
  let now = 0;
  let waiting: (() => void)[] = [];
  const timer = (done: () => void) => {
    waiting.push(done);
    return () => {};
  };
  const budgets = new AccountBudgets({ ratePerSecond: 10, clock: () => now, timer });
  const answerRefusals = () => {
    for (const done of waiting) done();
    waiting = [];
  };
  return { budgets, pass: (ms: number) => (now += ms), answerRefusals, waiting: () => waiting.length };
}

test("an account that has spent its burst is refused, late, until it has paid; others are not", async () => {
  const { budgets, pass, answerRefusals } = setUp();
  for (let n = 0; n < burst; n++) expect(budgets.admit(ani, whoami)).toBeNull();
  const refused = budgets.admit(ani, whoami);
  let isAnswered = false;
  refused?.then(() => (isAnswered = true));
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  answerRefusals();
  expect(await refused).toMatchObject({ error: "slow-down", retryAfter: 1 });
  expect(budgets.admit(budi, whoami)).toBeNull();
  pass(100);
  expect(budgets.admit(ani, whoami)).toBeNull();
  expect(budgets.admit(ani, whoami)).not.toBeNull();
});

test("a long text and a long reply cost more than a short one", () => {
  const { budgets } = setUp();
  for (let n = 0; n < Math.floor(burst / 16); n++) expect(budgets.admit(ani, send("x".repeat(64 * 1024)))).toBeNull();
  expect(budgets.admit(ani, send("x".repeat(64 * 1024)))).not.toBeNull();
  for (let n = 0; n < burst / 64; n++) budgets.chargeReply(budi, 1024 * 1024);
  expect(budgets.admit(budi, whoami)).not.toBeNull();
});

test("so many refusals of an account wait, with one timer, and one more is answered at once", async () => {
  const { budgets, waiting, answerRefusals } = setUp();
  for (let n = 0; n < burst; n++) {
    budgets.admit(ani, whoami);
    budgets.admit(budi, whoami);
  }
  const refusals = Array.from({ length: limits.delayedRefusalsPerAccount }, () => budgets.admit(ani, whoami));
  expect(waiting()).toBe(1);
  expect(await budgets.admit(ani, whoami)).toMatchObject({ error: "slow-down" });
  budgets.admit(budi, null);
  expect(waiting()).toBe(2);
  answerRefusals();
  expect(await refusals[0]).toMatchObject({ error: "slow-down" });
});
