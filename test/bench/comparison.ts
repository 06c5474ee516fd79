import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Ground } from "./bench-fixture.ts";
import type { Load, Loaded } from "./load.ts";
import { type Plain, usageOf } from "./workerd-server.ts";

/** One thing to measure, in several forms that are compared: the first one is what the others are held against. */
export interface Contest {
  name: string;
  connections: readonly number[];
  contenders: readonly Contender[];
  /** What is aimed at, for people. */
  aim: string;
  /** A run that is shorter than one answer shows nothing. */
  secondsMin?: number;
}
export interface Contender {
  name: string;
  run(measure: Measure, connections: number, seconds: number): Promise<Sample>;
}
/** A contest that the server cannot take part in yet, and why. */
export interface Skipped {
  name: string;
  skipped: string;
}
export type Case = (ground: Ground, isQuick: boolean) => Promise<(Contest | Skipped)[]>;

/** What one run showed. */
export interface Sample {
  perSecond: number;
  p50: number;
  p99: number;
  max: number;
  /** Processor time of the server for each one, in microseconds. */
  cpuUs: number;
  /** Memory of the server when the run ended. */
  residentMb: number;
}
/** Makes a load and watches the servers that bear it. `worth` is how many each request counts for. */
export type Measure = (load: Load, servers: readonly Plain[], worth?: number) => Promise<Sample>;

/** The load generator, in a process of its own. */
export class Generator {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, "load.ts"));

  readonly measure: Measure = async (load, servers, worth = 1) => {
    const before = watched(servers);
    this.#child.send(load);
    const [loaded] = (await once(this.#child, "message")) as [Loaded];
    const after = watched(servers);
    // A server that refuses is fast, and its numbers mean nothing.
    if (loaded.failed > 0) throw new Error(`${loaded.failed} of ${loaded.count} were not answered OK`);
    const { p50, p99, max } = loaded;
    const cpuUs = (1000 * (after.cpuMs - before.cpuMs)) / Math.max(1, loaded.count * worth);
    return { perSecond: loaded.perSecond * worth, p50, p99, max, cpuUs, residentMb: after.residentMb };
  };

  stop(): void {
    this.#child.disconnect();
  }
}

/** Several servers as if they were one. */
export function watched(servers: readonly Plain[]): { cpuMs: number; residentMb: number } {
  const all = servers.map(({ pid }) => usageOf(pid));
  const sum = (of: "cpuMs" | "residentMb") => all.reduce((total, usage) => total + usage[of], 0);
  return { cpuMs: sum("cpuMs"), residentMb: sum("residentMb") };
}
