import { expect, test } from "vitest";
import { rules } from "../../src/delivery/retry-policy.ts";
import { limits } from "../../src/limits.ts";
import { simulate, Violation } from "./simulate.ts";
import type { Sabotage } from "./simulated-realm.ts";

/** Each breaks one rule of the link. A simulation that does not notice proves nothing. */
const sabotages: Record<string, Sabotage> = {
  "a message that nobody took counts as delivered": {
    rules: { verdicts: (...given) => (given[1].kind === "away" ? all(given[0]) : rules.verdicts(...given)) },
  },
  "a message that shall come later counts as delivered": {
    rules: {
      verdicts: (...given) =>
        rules
          .verdicts(...given)
          .map((verdict) => (given[1].kind === "answered" && verdict === null ? { state: "delivered" } : verdict)),
    },
  },
  "the results of a batch are read in another order": {
    rules: {
      verdicts: (size, outcome, ...more) =>
        outcome.kind === "answered"
          ? rules.verdicts(size, { kind: "answered", results: outcome.results.toReversed() }, ...more)
          : rules.verdicts(size, outcome, ...more),
    },
  },
  "a batch that broke its receiver fails at once": {
    rules: {
      verdicts: (size, outcome, ...more) =>
        outcome.kind === "broken"
          ? Array.from({ length: size }, () => ({ state: "failed", reason: "unprocessable" }))
          : rules.verdicts(size, outcome, ...more),
    },
  },
  "a batch never shrinks around what breaks its receiver": {
    rules: {
      healthAfter: (before, size, outcome, ...more) => {
        const after = rules.healthAfter(before, size, outcome, ...more);
        return outcome.kind === "broken" ? { ...after, width: before.width } : after;
      },
    },
  },
  "nothing is tried in place of what breaks its receiver": { rules: { probeNumber: () => null } },
  "pauses grow beyond the hour": {
    rules: {
      healthAfter: (before, size, outcome, now, ...more) => {
        const after = rules.healthAfter(before, size, outcome, now, ...more);
        return after.failures > 8 ? { ...after, due: now + 2 * limits.backoffMaxMs } : after;
      },
    },
  },
  "messages are given up after an hour": { rules: { isGivenUp: (time, now) => now - time > 3_600_000 } },
  "messages are never given up": { rules: { isGivenUp: () => false } },
  "no alarm is set": { noAlarm: true },
  "a uid is not asked for": { noUid: true },
};

for (const [name, sabotage] of Object.entries(sabotages)) {
  test(`The simulation notices when ${name}.`, async () => {
    await expect(firstViolation(sabotage)).resolves.toBeInstanceOf(Violation);
  });
}

async function firstViolation(sabotage: Sabotage): Promise<unknown> {
  for (let seed = 1; seed <= 300; seed++) {
    try {
      await simulate(seed, sabotage);
    } catch (error) {
      return error;
    }
  }
  return null;
}

function all(size: number) {
  return Array.from({ length: size }, () => ({ state: "delivered" as const }));
}
