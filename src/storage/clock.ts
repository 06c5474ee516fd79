/** Milliseconds since 1970. */
export type Clock = () => number;
/** A number in [0, 1). */
export type Random = () => number;
/** Calls `done` after `ms` milliseconds, unless the returned function is called before. */
export type Timer = (done: () => void, ms: number) => () => void;

/** Lets other requests run before a long work goes on. */
export function nextTurn(timer: Timer): Promise<void> {
  return new Promise((resolve) => timer(resolve, 0));
}
