import type { Cost } from "../support/cost.ts";

/**
 * Cloudflare's prices in US dollars beyond the included usage of a paid plan. They come from the pricing pages of Workers and
 * Durable Objects at the given date, and they can change.
 */
export const prices = {
  asOf: "2026-11-23",
  workerRequest: 0.3 / 1e6,
  objectRequest: 0.15 / 1e6,
  /** Incoming WebSocket frames per billed request. */
  framesPerRequest: 20,
  gigabyteSecond: 12.5 / 1e6,
  /** Billed memory of an object, independent of its actual use. */
  objectGigabytes: 0.128,
  rowRead: 0.001 / 1e6,
  rowWritten: 1 / 1e6,
  gigabyteMonth: 0.2,
} as const;

/** Daily limits of the free plan. */
export const freePlanDaily = {
  workerRequests: 100_000,
  objectRequests: 100_000,
  gigabyteSeconds: 13_000,
  rowsRead: 5_000_000,
  rowsWritten: 100_000,
} as const;

/** Measured counts, and the assumed time that the platform keeps objects busy. A local machine cannot measure that time. */
export type Bill = Cost & { objectSeconds: number };

function billedUnits({
  requests,
  calls,
  frames,
  alarmRuns,
  rowsRead,
  rowsWritten,
  objectSeconds,
}: Bill): Record<keyof typeof freePlanDaily, number> {
  return {
    workerRequests: requests,
    objectRequests: calls + alarmRuns + frames / prices.framesPerRequest,
    gigabyteSeconds: objectSeconds * prices.objectGigabytes,
    rowsRead,
    rowsWritten,
  };
}

export function costInDollars(bill: Bill): number {
  const units = billedUnits(bill);
  return (
    units.workerRequests * prices.workerRequest +
    units.objectRequests * prices.objectRequest +
    units.gigabyteSeconds * prices.gigabyteSecond +
    units.rowsRead * prices.rowRead +
    units.rowsWritten * prices.rowWritten
  );
}

/** The number of operations per day on the free plan, and the limit that they reach first. */
export function freePlanCapacity(bill: Bill): { count: number; limit: string } {
  const units = billedUnits(bill);
  const capacities = Object.entries(freePlanDaily).map(([unit, daily]) => ({
    limit: unit.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    count: Math.floor(daily / units[unit as keyof typeof freePlanDaily]),
  }));
  return capacities.reduce((lowest, each) => (each.count < lowest.count ? each : lowest));
}
