export const reconnectDelayMinMs = 500;
export const reconnectDelayMaxMs = 30_000;

/**
 * The delay before the next attempt to connect. Jitter keeps pages that lost the same server from reconnecting at the
 * same moment: the delay is between half of the exponential value and all of it.
 *
 * @param failures failed attempts since the last reply
 * @param random 0 to 1
 */
export function reconnectDelayMs(failures: number, random: number): number {
  const longest = Math.min(reconnectDelayMaxMs, reconnectDelayMinMs * 2 ** Math.min(failures, 16));
  return Math.round(longest * (0.5 + random / 2));
}
