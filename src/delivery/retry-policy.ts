import { limits } from "../limits.ts";
import type { Delivered, DeliveryFailure, DeliveryResult, FailureReason } from "../shard-api/delivery-result.ts";
import { boundedDue } from "../storage/clock.ts";

/**
 * The decisions of a delivery queue, as pure functions of state, outcome and clock. A queue leads to one destination (another
 * shard or realm) and sends one batch at a time, in order, so that no message overtakes another.
 */

/** How a destination is doing. Times are milliseconds since 1970. */
export interface DestinationState {
  /** Attempts in a row that settled nothing. */
  failures: number;
  /** Null: it may be tried at any time. */
  nextAttemptAt: number | null;
  /** Items in the next batch. It shrinks until an item that crashes the destination stands alone. */
  batchSizeLimit: number;
  /** How often the destination crashed over the first item alone. An unreachable destination does not count. */
  crashesAlone: number;
  /** When it first crashed over that item alone; null: it has not twice. */
  crashingAloneSince: number | null;
  /** It has accepted another item since, so that the first one is to blame. */
  othersAccepted: boolean;
  /** It asked for a pause until then, and a contact from it does not shorten the pause; null: it did not ask. */
  retryAfterUntil: number | null;
}

export const healthyState: DestinationState = {
  failures: 0,
  nextAttemptAt: null,
  batchSizeLimit: limits.deliveryBatchMax,
  crashesAlone: 0,
  crashingAloneSince: null,
  othersAccepted: false,
  retryAfterUntil: null,
};

/** What became of a batch. */
export type DeliveryOutcome =
  /** One result for each item, in their order. */
  | { kind: "answered"; results: DeliveryResult[] }
  /** The destination could not be reached, or asked for a pause. `problem` is a word such as `timeout`; the sender sees it. */
  | { kind: "unreachable"; problem: string; retryAfterMs?: number }
  /** The destination accepts nothing from this realm. */
  | { kind: "refused" }
  /** The destination will never accept this batch as it is. */
  | { kind: "batch-rejected"; reason: FailureReason }
  /** The destination crashed over this batch. */
  | { kind: "crashed"; problem: string };

/** The final state of an item; null: it stays queued. */
export type ItemResult = Delivered | DeliveryFailure | null;

/**
 * The pause after the n-th failure in a row: exponential, 1 s to 1 h. Its upper half is random, so that queues that lost one
 * peer together do not return together.
 */
export function backoffMs(failures: number, random: number): number {
  const full = longestBackoffMs(failures);
  return Math.round(full / 2 + (full / 2) * random);
}

function longestBackoffMs(failures: number): number {
  return Math.min(limits.backoffMaxMs, limits.backoffMinMs * 2 ** Math.min(failures - 1, 30));
}

/** What an outcome means for each of the batch's `size` items. */
export function itemResults(
  size: number,
  outcome: DeliveryOutcome,
  before: DestinationState,
  now: number,
): ItemResult[] {
  const each = (result: ItemResult) => Array.from({ length: size }, () => result);
  switch (outcome.kind) {
    case "answered":
      return each(null).map((_, index) => finalResult(outcome.results[index]));
    case "unreachable":
      return each(null);
    case "refused":
      return each({ state: "failed", reason: "refused" });
    case "batch-rejected":
      return each(size === 1 ? { state: "failed", reason: outcome.reason } : null);
    case "crashed":
      return each(size === 1 && isToBlame(before, now) ? { state: "failed", reason: "unprocessable" } : null);
  }
}

/**
 * Whether the item that stands alone is to blame for the crashes. It is if the destination has accepted another item meanwhile,
 * or if the destination has crashed over it for a day and there is no other item to try.
 */
function isToBlame({ crashesAlone, crashingAloneSince, othersAccepted }: DestinationState, now: number): boolean {
  if (othersAccepted) return true;
  const isRepeated = crashesAlone + 1 >= limits.crashesBeforeProbe;
  return isRepeated && crashingAloneSince !== null && now - crashingAloneSince >= limits.crashGiveUpMs;
}

function finalResult(result: DeliveryResult | undefined): ItemResult {
  return result === undefined || result.state === "deferred" ? null : result;
}

/** The destination's state after a batch of `size` items. */
export function stateAfterBatch(
  before: DestinationState,
  size: number,
  outcome: DeliveryOutcome,
  now: number,
  random: number,
): DestinationState {
  const halved = Math.max(1, Math.floor(size / 2));
  switch (outcome.kind) {
    case "refused":
      return healthyState;
    case "answered": {
      if (outcome.results.some(({ state }) => state === "deferred")) {
        return backedOff({ ...before, crashesAlone: 0, othersAccepted: false }, before.failures, 0, now, random);
      }
      return { ...healthyState, batchSizeLimit: Math.min(limits.deliveryBatchMax, before.batchSizeLimit * 2) };
    }
    case "batch-rejected":
      // No pause: the destination is there, and wants less at a time.
      return { ...healthyState, batchSizeLimit: size === 1 ? before.batchSizeLimit : halved };
    case "unreachable":
      return backedOff(before, before.failures, outcome.retryAfterMs ?? 0, now, random);
    case "crashed": {
      if (size === 1 && isToBlame(before, now)) return { ...healthyState, batchSizeLimit: 1 };
      // The destination is there, so earlier absences do not lengthen the pause.
      const crashesAlone = size === 1 ? before.crashesAlone + 1 : 0;
      const crashingAloneSince = crashesAlone > 1 ? before.crashingAloneSince : now;
      const state = { ...before, batchSizeLimit: halved, crashesAlone, crashingAloneSince };
      return backedOff(state, before.crashesAlone, 0, now, random);
    }
  }
}

/** The destination's state after a probe: one item from behind the first, which crashes it. */
export function stateAfterProbe(
  before: DestinationState,
  outcome: DeliveryOutcome,
  now: number,
  random: number,
): DestinationState {
  if (outcome.kind === "refused") return healthyState;
  if (outcome.kind === "unreachable") return backedOff(before, before.failures, outcome.retryAfterMs ?? 0, now, random);
  const [result] = outcome.kind === "answered" ? outcome.results : [];
  // The first item is tried once more, at once: the destination may have crashed over everything, and be well again.
  if (result && result.state !== "deferred") {
    return { ...before, failures: 0, nextAttemptAt: null, othersAccepted: true };
  }
  return backedOff({ ...before, crashesAlone: before.crashesAlone + 1 }, before.crashesAlone, 0, now, random);
}

/** @param repeats how often this has happened in a row before */
function backedOff(
  before: DestinationState,
  repeats: number,
  retryAfterMs: number,
  now: number,
  random: number,
): DestinationState {
  const asked = Math.ceil(Math.min(retryAfterMs, limits.backoffMaxMs));
  const pause = Math.max(backoffMs(repeats + 1, random), asked);
  return {
    ...before,
    failures: before.failures + 1,
    nextAttemptAt: now + pause,
    retryAfterUntil: asked > 0 ? now + asked : null,
  };
}

/** The state after the destination has contacted this realm: it is tried at once, unless it asked for a pause. */
export function stateAfterContact(before: DestinationState): DestinationState {
  const { nextAttemptAt, retryAfterUntil } = before;
  return (nextAttemptAt ?? 0) > (retryAfterUntil ?? 0) ? { ...before, nextAttemptAt: retryAfterUntil } : before;
}

/**
 * Which item to send in place of the first one, counted from 0 behind it; null: none. After `crashesBeforeProbe` crashes the
 * probe and the first item take turns, and each probe goes further back: the next item may crash the destination too.
 */
export function nextProbeIndex({ crashesAlone, othersAccepted }: DestinationState): number | null {
  const beyond = crashesAlone - limits.crashesBeforeProbe;
  return beyond >= 0 && beyond % 2 === 0 && !othersAccepted ? beyond / 2 : null;
}

/** When the next attempt is due, in milliseconds since 1970; 0: at any time. A time beyond the longest pause is now. */
export function attemptDue(state: DestinationState, now: number): number {
  const { crashesAlone, failures, nextAttemptAt, retryAfterUntil } = state;
  const hasAsked = retryAfterUntil !== null;
  const longestMs = hasAsked ? limits.backoffMaxMs : longestBackoffMs(Math.max(failures, crashesAlone));
  return boundedDue(nextAttemptAt ?? 0, now, longestMs);
}

/** Whether to give up an item: it has waited for too long, and the last attempt has failed too. */
export function isItemExpired(queuedAt: number, now: number, { failures }: DestinationState): boolean {
  return failures > 0 && now - queuedAt >= limits.deliveryTtlMs;
}

/** The decisions together, so that a test can replace one. */
export const retryPolicy = {
  itemResults,
  stateAfterBatch,
  stateAfterProbe,
  stateAfterContact,
  nextProbeIndex,
  attemptDue,
  isItemExpired,
};
export type RetryPolicy = typeof retryPolicy;
