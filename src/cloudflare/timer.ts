import type { Timer } from "../storage/clock.ts";

export const timer: Timer = (done, ms) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};
