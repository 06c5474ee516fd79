import type { Timer } from "../storage/clock.ts";

/** Without a delay, `done` runs in the next turn of the event loop; `setTimeout` waits for a millisecond at least. */
export const timer: Timer = (done, ms) => {
  if (ms <= 0) {
    const immediate = setImmediate(done);
    return () => clearImmediate(immediate);
  }
  const timeout = setTimeout(done, ms);
  return () => clearTimeout(timeout);
};
