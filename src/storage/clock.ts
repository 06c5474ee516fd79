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
 * When a stored due time is to be acted on. One that lies further ahead than it ever can was written by a clock that was ahead, and
 * is due now: to wait from now on would wait again at the next look.
 */
export function boundedDue(due: number, now: number, longestMs: number): number {
  return due - now > longestMs ? now : due;
}
