import { expect, test } from "vitest";
import { attemptDue, healthyState, isItemExpired, stateAfterBatch } from "../../src/delivery/retry-policy.ts";
import { limits } from "../../src/limits.ts";

const now = 1_000_000_000_000;
const absent = { kind: "unreachable", problem: "timeout" } as const;

/** The state after so many attempts in a row that failed, the last one now. */
function failed(attempts: number, retryAfterMs = 0) {
  let state = healthyState;
  for (let n = 0; n < attempts; n++) state = stateAfterBatch(state, 1, { ...absent, retryAfterMs }, now, 0.999);
  return state;
}

test("a pause is kept to its end, also one that the destination asked for", () => {
  for (const state of [failed(1), failed(8), failed(40), failed(1, 20 * 60_000)]) {
    expect(state.nextAttemptAt).toBeGreaterThan(now);
    expect(attemptDue(state, now)).toBe(state.nextAttemptAt);
  }
});

test("a pause that a clock ahead has written ends at once when the clock is right", () => {
  for (const [state, aheadMs] of [
    [failed(1), 2_000],
    [failed(5), limits.backoffMaxMs],
    [failed(40), 10_000],
    [failed(1, 20 * 60_000), limits.backoffMaxMs],
  ] as const) {
    expect(attemptDue(state, now - aheadMs)).toBe(now - aheadMs);
  }
});

test("a message is given up after seven days, and only while attempts fail", () => {
  const queuedAt = now - limits.deliveryTtlMs;
  expect(isItemExpired(queuedAt, now, failed(1))).toBe(true);
  expect(isItemExpired(queuedAt + 1, now, failed(100))).toBe(false);
  expect(isItemExpired(queuedAt, now, healthyState)).toBe(false);
});
