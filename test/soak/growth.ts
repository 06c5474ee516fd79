import { spreadOf } from "../bench/report.ts";
import { usageOf } from "../bench/workerd-server.ts";
import { connections, type Realm } from "./soak-fixture.ts";

/**
 * What a realm may take more of at the end than at the beginning of the time without restarts. A new process still
 * fills its caches and its heap at first, so each has a part that it may grow by in any case.
 */
export const bounds = {
  /** Of memory: a quarter, and 32 MiB. */
  residentPart: 0.25,
  residentMb: 32,
  /** Handles that are open: connections of the load, of which there may be more or fewer, and some of the realms' own. */
  handles: connections + 16,
  /** Of p99: half as much again, and 100 ms, since others use the machine too. */
  p99Part: 0.5,
  p99Ms: 100,
} as const;

export interface Figures {
  residentMb: number;
  handles: number;
  p99Ms: number;
}

/** Notes what a realm uses and how long its answers take, to compare one time with a later one. */
export class Watch {
  readonly #realm: Realm;
  readonly #usages: { at: number; residentMb: number; handles: number }[] = [];
  readonly #answers: { at: number; ms: number }[] = [];

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  look(): void {
    // On a slow machine the last restart may still go on.
    if (!this.#realm.server.isRunning) return;
    const { residentMb, handles } = usageOf(this.#realm.server.pid);
    this.#usages.push({ at: performance.now(), residentMb, handles });
  }

  answered(ms: number): void {
    this.#answers.push({ at: performance.now(), ms });
  }

  /** Medians of memory and handles, and p99, of the time between two moments. */
  figures(from: number, to: number): Figures {
    const within = ({ at }: { at: number }) => at >= from && at < to;
    const usages = this.#usages.filter(within);
    const times = this.#answers.filter(within).map(({ ms }) => ms);
    return {
      residentMb: spreadOf(usages.map((usage) => usage.residentMb)).median,
      handles: spreadOf(usages.map((usage) => usage.handles)).median,
      p99Ms: times.sort((a, b) => a - b)[Math.floor(0.99 * times.length)] ?? 0,
    };
  }
}

/**
 * What has grown beyond its bound, in words. Where a time shows nothing, as on a machine that was too slow to answer, there
 * is nothing to compare, and that is said too.
 */
export function grown(name: string, before: Figures, after: Figures, p99Ms: number): string[] {
  const unseen = (Object.keys(before) as (keyof Figures)[]).filter((of) => before[of] === 0 || after[of] === 0);
  if (unseen.length > 0 && Number.isFinite(p99Ms)) return [`${unseen.join(", ")} of ${name} could not be compared`];
  const most: Figures = {
    residentMb: before.residentMb * (1 + bounds.residentPart) + bounds.residentMb,
    handles: before.handles + bounds.handles,
    p99Ms: before.p99Ms * (1 + bounds.p99Part) + p99Ms,
  };
  return (Object.keys(most) as (keyof Figures)[])
    .filter((of) => after[of] > most[of])
    .map((of) => `${of} of ${name} grew from ${before[of].toFixed(0)} to ${after[of].toFixed(0)}`);
}
