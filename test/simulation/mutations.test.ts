import { beforeAll, expect, test, vi } from "vitest";
import { retryPolicy } from "../../src/delivery/retry-policy.ts";
import { limits } from "../../src/limits.ts";
import { Violation } from "./checks.ts";
import { simulate } from "./simulate.ts";
import type { Mutation } from "./simulated-realm.ts";

/** Each mutation breaks one rule of delivery. The simulation must detect every one. */
const mutations: Record<string, Mutation> = {
  "a message without an answer counts as delivered": {
    policy: {
      itemResults: (...args) => (args[1].kind === "unreachable" ? all(args[0]) : retryPolicy.itemResults(...args)),
    },
  },
  "a deferred message counts as delivered": {
    policy: {
      itemResults: (...args) =>
        retryPolicy
          .itemResults(...args)
          .map((result) => (args[1].kind === "answered" && result === null ? { state: "delivered" } : result)),
    },
  },
  "the results of a batch are read in reverse order": {
    policy: {
      itemResults: (size, outcome, ...more) =>
        outcome.kind === "answered"
          ? retryPolicy.itemResults(size, { kind: "answered", results: outcome.results.toReversed() }, ...more)
          : retryPolicy.itemResults(size, outcome, ...more),
    },
  },
  "a batch that crashed its receiver fails at once": {
    policy: {
      itemResults: (size, outcome, ...more) =>
        outcome.kind === "crashed"
          ? Array.from({ length: size }, () => ({ state: "failed", reason: "unprocessable" }))
          : retryPolicy.itemResults(size, outcome, ...more),
    },
  },
  "a batch that crashes its receiver never shrinks": {
    policy: {
      stateAfterBatch: (before, size, outcome, ...more) => {
        const after = retryPolicy.stateAfterBatch(before, size, outcome, ...more);
        return outcome.kind === "crashed" ? { ...after, batchSizeLimit: before.batchSizeLimit } : after;
      },
    },
  },
  "no other message is tried before the one that crashes its receiver": { policy: { nextProbeIndex: () => null } },
  "the back-off grows beyond one hour": {
    policy: {
      attemptDue: (state, now) =>
        retryPolicy.attemptDue(state, now) + (state.failures > 8 ? 2 * limits.backoffMaxMs : 0),
    },
  },
  "a due time is believed that lies further ahead than the longest back-off": {
    policy: { attemptDue: ({ nextAttemptAt }) => nextAttemptAt ?? 0 },
  },
  "a step of the clock counts as time that has passed": { noClockHistory: true },
  "messages expire after one hour": { policy: { isItemExpired: (time, now) => now - time > 3_600_000 } },
  "messages never expire": { policy: { isItemExpired: () => false } },
  "no alarm is set": { noAlarm: true },
  "received messages are not deduplicated": { noDeduplication: true },
};

beforeAll(() => {
  // The realms log every step of a clock.
  vi.spyOn(console, "warn").mockImplementation(() => {});
});

for (const [name, mutation] of Object.entries(mutations)) {
  test(`the simulation detects that ${name}`, async () => {
    await expect(firstViolation(mutation)).resolves.toBeInstanceOf(Violation);
  });
}

async function firstViolation(mutation: Mutation): Promise<unknown> {
  for (let seed = 1; seed <= 300; seed++) {
    try {
      await simulate(seed, mutation);
    } catch (error) {
      return error;
    }
  }
  return null;
}

function all(size: number) {
  return Array.from({ length: size }, () => ({ state: "delivered" as const }));
}
