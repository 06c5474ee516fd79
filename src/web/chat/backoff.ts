/** The first pause before the line is tried again, and the longest. */
export const pauseMinMs = 500;
export const pauseMaxMs = 30_000;

/**
 * How long to wait before the next try. Pages that lost the same server shall not all come back in the same moment, so
 * the pause lies anywhere between half of it and all of it.
 *
 * @param failures tries in vain since the line was last well
 * @param random 0 to 1
 */
export function pauseMs(failures: number, random: number): number {
  const most = Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(failures, 16));
  return Math.round(most * (0.5 + random / 2));
}
