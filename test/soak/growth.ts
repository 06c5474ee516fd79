import { quantile, spreadOf } from "../bench/spread.ts";
import { processUsage } from "../support/processes.ts";
import { connections } from "./http-client.ts";
import type { RestartingRealm } from "./restarting-realm.ts";

/**
 * How much resource use may grow during the time without restarts. A new process still fills its caches and its heap, so
 * each limit has a fixed part.
 */
export const growthLimits = {
  /** Memory: a quarter of the first value plus 32 MiB. */
  residentPart: 0.25,
  residentMb: 32,
  /** Open handles: the connections of the load, whose number varies, and some for federation. */
  handles: connections + 16,
  /** p99: half of the first value plus 100 ms, because other programs use the machine too. */
  p99Part: 0.5,
  p99Ms: 100,
} as const;

export interface Usage {
  residentMb: number;
  handles: number;
  p99Ms: number;
}

/** Records the resource use and the response times of a realm. */
export class UsageMonitor {
  readonly #realm: RestartingRealm;
  readonly #usages: { at: number; residentMb: number; handles: number }[] = [];
  readonly #responses: { at: number; ms: number }[] = [];

  constructor(realm: RestartingRealm) {
    this.#realm = realm;
  }

  sample(): void {
    // On a slow machine the last restart may not have ended.
    if (!this.#realm.server.isRunning) return;
    const { residentMb, handles } = processUsage(this.#realm.server.pid);
    this.#usages.push({ at: performance.now(), residentMb, handles });
  }

  recordResponse(ms: number): void {
    this.#responses.push({ at: performance.now(), ms });
  }

  /** Median memory, median handles and p99 between two moments. */
  usageBetween(from: number, to: number): Usage {
    const within = ({ at }: { at: number }) => at >= from && at < to;
    const usages = this.#usages.filter(within);
    const times = this.#responses.filter(within).map(({ ms }) => ms);
    return {
      residentMb: spreadOf(usages.map((usage) => usage.residentMb)).median,
      handles: spreadOf(usages.map((usage) => usage.handles)).median,
      p99Ms: quantile(times, 0.99),
    };
  }
}

/**
 * Describes every value that grew beyond its limit. A missing measurement is a problem too: it happens if the machine was too
 * slow to answer.
 *
 * @param p99GrowthMs replaces the fixed part of the p99 limit; Infinity switches that limit off
 */
export function growthProblems(name: string, before: Usage, after: Usage, p99GrowthMs: number): string[] {
  const missing = (Object.keys(before) as (keyof Usage)[]).filter((of) => before[of] === 0 || after[of] === 0);
  if (missing.length > 0 && Number.isFinite(p99GrowthMs)) {
    return [`${missing.join(", ")} of ${name} could not be compared`];
  }
  const max: Usage = {
    residentMb: before.residentMb * (1 + growthLimits.residentPart) + growthLimits.residentMb,
    handles: before.handles + growthLimits.handles,
    p99Ms: before.p99Ms * (1 + growthLimits.p99Part) + p99GrowthMs,
  };
  return (Object.keys(max) as (keyof Usage)[])
    .filter((of) => after[of] > max[of])
    .map((of) => `${of} of ${name} grew from ${before[of].toFixed(0)} to ${after[of].toFixed(0)}`);
}
