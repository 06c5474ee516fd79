import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { processUsage } from "../support/processes.ts";
import type { BenchServer } from "./bench-server.ts";
import type { Measure } from "./comparison.ts";
import type { LoadResult } from "./load.ts";

/** Runs load.ts in its own process, so that its work does not disturb the measurement. */
export class LoadGenerator {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, "load.ts"));
  readonly #exited = once(this.#child, "exit").then(() => Promise.reject(new Error("the load generator exited")));

  readonly measure: Measure = async (load, servers, operations = 1) => {
    const before = combinedUsage(servers);
    this.#child.send(load);
    const [result] = (await Promise.race([once(this.#child, "message"), this.#exited])) as [LoadResult];
    const after = combinedUsage(servers);
    // A server that rejects requests is fast, and its numbers are meaningless.
    if (result.failed > 0) throw new Error(`${result.failed} of ${result.count} requests failed`);
    const { p50, p99, max } = result;
    const cpuUs = (1000 * (after.cpuMs - before.cpuMs)) / Math.max(1, result.count * operations);
    return { perSecond: result.perSecond * operations, p50, p99, max, cpuUs, residentMb: after.residentMb };
  };

  stop(): void {
    this.#exited.catch(() => {});
    this.#child.disconnect();
  }
}

/** The resource use of several servers together. */
export function combinedUsage(servers: readonly BenchServer[]): { cpuMs: number; residentMb: number } {
  const usages = servers.map(({ pid }) => processUsage(pid));
  const sum = (of: "cpuMs" | "residentMb") => usages.reduce((total, usage) => total + usage[of], 0);
  return { cpuMs: sum("cpuMs"), residentMb: sum("residentMb") };
}
