import { limits } from "../limits.ts";

/**
 * The decisions of a link, as pure functions of queue, clock and outcome. A link is the way to one destination: another
 * shard, or another realm. It hands over in order and one batch at a time, so that nothing overtakes.
 */

/** How a destination is doing. */
export interface Health {
  /** Tries in a row that brought nothing forward. */
  failures: number;
  /** Milliseconds since 1970: not to be tried before. */
  due: number;
  /** Messages in the next batch. It shrinks around one that the destination chokes on, until that one stands alone. */
  width: number;
  /** Times that it broke over the message that stands first, and alone. Nobody being there does not count. */
  breaks: number;
  /** Milliseconds since 1970, when it broke over that message first; 0: it has not. */
  since: number;
  /** 1 where it has taken another message since: then it is the first one that it cannot take. */
  proven: number;
  /** Milliseconds since 1970: it asked to be left alone until then, and its speaking meanwhile changes nothing. */
  asked: number;
}
export const well: Health = {
  failures: 0,
  due: 0,
  width: limits.deliveryBatchMax,
  breaks: 0,
  since: 0,
  proven: 0,
  asked: 0,
};

/** What the destination says of one message. `later` is no refusal: it stays queued. */
export type Result = Taken | { state: "failed"; reason: FailureReason } | { state: "deferred" };

/** `id` is the message's number in its group, where it was for one. */
export interface Taken {
  state: "delivered";
  id?: number;
}

/** Why a message failed for good. Stored, shown to its sender, and sent between realms. */
export const failureReasons = [
  "no-such-user",
  "no-such-group",
  "refused",
  "too-large",
  "unprocessable",
  "expired",
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** What became of a batch. */
export type Outcome =
  /** One result for each message, in their order. */
  | { kind: "answered"; results: Result[] }
  /** Nobody was there, or not now. `problem` is a word such as `no-connection`; its sender sees it as the reason. */
  | { kind: "away"; problem: string; retryAfterMs?: number }
  /** The destination wants nothing from this realm. */
  | { kind: "refused" }
  /** The destination cannot take this batch, and never will. */
  | { kind: "indigestible"; reason: FailureReason }
  /** The destination broke over this batch. Perhaps it will break again, perhaps not. */
  | { kind: "broken"; problem: string };

/** What to do with one message of the batch: its final state, or null: it stays. */
export type Verdict = Taken | { state: "failed"; reason: FailureReason } | null;

/** The pause after the n-th time: exponential, 1 s to 1 h, with the upper half random: links that lost one peer together do not come back together. */
export function backoffMs(times: number, random: number): number {
  const whole = Math.min(limits.backoffMaxMs, limits.backoffMinMs * 2 ** Math.min(times - 1, 30));
  return Math.round(whole / 2 + (whole / 2) * random);
}

/** What an outcome means for each message of a batch. */
export function verdicts(size: number, outcome: Outcome, before: Health, now: number): Verdict[] {
  const all = (verdict: Verdict) => Array.from({ length: size }, () => verdict);
  switch (outcome.kind) {
    case "answered":
      return all(null).map((_, index) => finalOf(outcome.results[index]));
    case "away":
      return all(null);
    case "refused":
      return all({ state: "failed", reason: "refused" });
    case "indigestible":
      return all(size === 1 ? { state: "failed", reason: outcome.reason } : null);
    case "broken":
      return all(size === 1 && isHopeless(before, now) ? { state: "failed", reason: "unprocessable" } : null);
  }
}

/**
 * A destination that breaks may be broken altogether, and then no message is to blame. One is, where the destination has
 * taken another meanwhile; or where it has been breaking over this one for a day, with nothing else to try.
 */
function isHopeless({ breaks, since, proven }: Health, now: number): boolean {
  return proven === 1 || (breaks + 1 >= limits.crashesBeforeProbe && now - since >= limits.crashGiveUpMs);
}

function finalOf(result: Result | undefined): Verdict {
  return result === undefined || result.state === "deferred" ? null : result;
}

/** How the destination is doing after a batch of `size` messages. */
export function healthAfter(before: Health, size: number, outcome: Outcome, now: number, random: number): Health {
  const halved = Math.max(1, Math.floor(size / 2));
  switch (outcome.kind) {
    case "refused":
      return well;
    case "answered": {
      const isWhole = outcome.results.every((result) => result.state !== "deferred");
      const width = Math.min(limits.deliveryBatchMax, before.width * 2);
      return isWhole
        ? { ...well, width }
        : rested({ ...before, breaks: 0, proven: 0 }, before.failures, 0, now, random);
    }
    case "indigestible":
      // No pause: the destination is there, it only wants less at a time.
      return { ...well, width: size === 1 ? before.width : halved };
    case "away":
      return rested(before, before.failures, outcome.retryAfterMs ?? 0, now, random);
    case "broken": {
      if (size === 1 && isHopeless(before, now)) return { ...well, width: 1 };
      // It is there: how long it was away before is no reason to wait. A batch shrinks after short pauses, and what stands
      // alone rests for longer each time.
      const breaks = size === 1 ? before.breaks + 1 : 0;
      const since = breaks > 1 ? before.since : now;
      return rested({ ...before, width: halved, breaks, since }, before.breaks, 0, now, random);
    }
  }
}

/** How it is doing after a probe: one message from behind the first, which it had broken over. */
export function healthAfterProbe(before: Health, outcome: Outcome, now: number, random: number): Health {
  if (outcome.kind === "refused") return well;
  if (outcome.kind === "away") return rested(before, before.failures, outcome.retryAfterMs ?? 0, now, random);
  const [result] = outcome.kind === "answered" ? outcome.results : [];
  // The first is tried once more, at once: perhaps the destination was broken altogether and is well again.
  if (result && result.state !== "deferred") return { ...before, failures: 0, due: 0, proven: 1 };
  return rested({ ...before, breaks: before.breaks + 1 }, before.breaks, 0, now, random);
}

/** @param times how often this has happened in a row before */
function rested(before: Health, times: number, askedMs: number, now: number, random: number): Health {
  const asked = Math.ceil(Math.min(askedMs, limits.backoffMaxMs));
  const pause = Math.max(backoffMs(times + 1, random), asked);
  return { ...before, failures: before.failures + 1, due: now + pause, asked: asked > 0 ? now + asked : 0 };
}

/** A destination that speaks is there, and is tried at once; unless it asked for a pause. */
export function healthHeard(before: Health): Health {
  return before.due > before.asked ? { ...before, due: before.asked } : before;
}

/**
 * Which probe to send instead of the first message, counted from 0; null: none. After `brokenTries` of the first alone,
 * probe and first take turns, and each probe goes further back: the one behind may be no better.
 */
export function probeNumber({ breaks, proven }: Health): number | null {
  const beyond = breaks - limits.crashesBeforeProbe;
  return beyond >= 0 && beyond % 2 === 0 && proven === 0 ? beyond / 2 : null;
}

export function isDue(health: Health, now: number): boolean {
  return health.due <= now;
}

/** Whether a message has been under way for too long. */
export function isGivenUp(time: number, now: number): boolean {
  return now - time >= limits.deliveryTtlMs;
}

/** The rules together, so that a simulation can break one and must notice. */
export const rules = { verdicts, healthAfter, healthAfterProbe, healthHeard, probeNumber, isDue, isGivenUp };
export type Rules = typeof rules;
