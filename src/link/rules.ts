import { limits } from "../limits.ts";

/**
 * The decisions of a link, as pure functions of queue, clock and outcome. A link is the way to one destination: another
 * shard, or another realm. It hands over in order and one batch at a time, so that nothing overtakes.
 */

/** How a destination is doing. */
export interface Health {
  /** Tries in a row that did not reach it. */
  failures: number;
  /** Milliseconds since 1970: not to be tried before. */
  due: number;
}
export const well: Health = { failures: 0, due: 0 };

/** What the other side says of one message. `later` is no refusal: it stays queued. */
export type Result = { state: "delivered" } | { state: "failed"; reason: FailureReason } | { state: "later" };
/** Why a message failed for good. Stored, and sent between realms. */
export type FailureReason = "no-such-user" | "no-such-group" | "expired";

/** What became of a batch: a result for each message in its order, or nobody was there. */
export type Outcome = { reached: true; results: Result[] } | { reached: false; retryAfterMs?: number };

/** Exponential, 1 s to 1 h, with the upper half random: links that lost one peer together do not come back together. */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(limits.backoffMaxMs, limits.backoffMinMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(whole / 2 + (whole / 2) * random);
}

export function afterOutcome(health: Health, outcome: Outcome, now: number, random: number): Health {
  if (outcome.reached && outcome.results.every((result) => result.state !== "later")) return well;
  const failures = health.failures + 1;
  const asked = outcome.reached ? 0 : (outcome.retryAfterMs ?? 0);
  const pause = Math.max(backoffMs(failures, random), Math.min(asked, limits.backoffMaxMs));
  return { failures, due: now + pause };
}

export function isDue(health: Health, now: number): boolean {
  return health.due <= now;
}

/** Whether a message has been under way for too long. */
export function isGivenUp(time: number, now: number): boolean {
  return now - time >= limits.giveUpMs;
}
