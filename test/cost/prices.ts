import type { Cost } from "../support/cost.ts";

/**
 * Cloudflare's prices beyond what a paid plan includes, in US dollars, as its pages on the pricing of Workers and of
 * Durable Objects gave them on the date. They are the same for everybody, and they change.
 */
export const prices = {
  asOf: "2026-11-23",
  workerRequest: 0.3 / 1e6,
  objectRequest: 0.15 / 1e6,
  /** Frames that come in over a WebSocket are billed as one request for so many. */
  framesPerRequest: 20,
  gigabyteSecond: 12.5 / 1e6,
  /** What an object is billed for, whatever it uses. */
  objectGigabytes: 0.128,
  rowRead: 0.001 / 1e6,
  rowWritten: 1 / 1e6,
  gigabyteMonth: 0.2,
} as const;

/** What the free plan allows in a day. */
export const freeDaily = {
  workerRequests: 100_000,
  objectRequests: 100_000,
  gigabyteSeconds: 13_000,
  rowsRead: 5_000_000,
  rowsWritten: 100_000,
} as const;

/** What was counted, and what a clock on this machine cannot tell: for how long the platform keeps the objects busy. */
export type Bill = Cost & { objectSeconds: number };

function unitsOf({
  requests,
  calls,
  frames,
  rung,
  rowsRead,
  rowsWritten,
  objectSeconds,
}: Bill): Record<keyof typeof freeDaily, number> {
  return {
    workerRequests: requests,
    objectRequests: calls + rung + frames / prices.framesPerRequest,
    gigabyteSeconds: objectSeconds * prices.objectGigabytes,
    rowsRead,
    rowsWritten,
  };
}

export function dollarsOf(bill: Bill): number {
  const units = unitsOf(bill);
  return (
    units.workerRequests * prices.workerRequest +
    units.objectRequests * prices.objectRequest +
    units.gigabyteSeconds * prices.gigabyteSecond +
    units.rowsRead * prices.rowRead +
    units.rowsWritten * prices.rowWritten
  );
}

/** How many a day the free plan carries, and what runs out first. */
export function freeOf(bill: Bill): { count: number; by: string } {
  const units = unitsOf(bill);
  const all = Object.entries(freeDaily).map(([by, most]) => ({
    by: by.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    count: Math.floor(most / units[by as keyof typeof freeDaily]),
  }));
  return all.reduce((least, each) => (each.count < least.count ? each : least));
}
