/** Milliseconds since 1970, or, of a monotonic clock, since some moment before. */
export type Clock = () => number;
/** A number in [0, 1). */
export type Random = () => number;
/** Calls `done` after `ms` milliseconds, unless the returned function is called before. */
export type Timer = (done: () => void, ms: number) => () => void;

/** Lets other requests run before a long work goes on. */
export function nextTurn(timer: Timer): Promise<void> {
  return new Promise((resolve) => timer(resolve, 0));
}

/** The same moment as a stored time, by the present clock: see `ClockHistory`. */
export type PresentOf = (time: number) => number;

/**
 * A clock that goes on without steps, across restarts too: its times say how long ago something was, whatever the clock did since.
 * What grants access is stamped by it, because every stamp has one reading. Milliseconds, at first since 1970.
 */
export interface SteadyClock {
  now: Clock;
  /** A steady time by the present clock, to show it or to set an alarm. */
  wallTimeOf(time: number): number;
}

/** The steady clock of a host that keeps its clock right. */
export function withoutSteps(clock: Clock): SteadyClock {
  return { now: clock, wallTimeOf: (time) => time };
}

/**
 * When a stored due time is to be acted on. One that lies further ahead than it ever can was written by a clock that was ahead, and
 * is due now: to wait from now on would wait again at the next look.
 */
export function boundedDue(due: number, now: number, longestMs: number): number {
  return due - now > longestMs ? now : due;
}
