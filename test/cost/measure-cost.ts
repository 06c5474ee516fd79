import { limits } from "../../src/limits.ts";
import { readMeter } from "../bench/meter.ts";
import type { Cost } from "../support/cost.ts";

/**
 * Measures the average cost of one repetition, summed over all objects of all servers. An alarm that ten repetitions share
 * counts as a tenth.
 *
 * @param servers servers that run test/worker/cost-worker.ts
 * @param work performs all `times` repetitions; a first run before the measurement fills the caches
 */
export async function measureCost(
  servers: readonly (URL | string)[],
  times: number,
  work: () => Promise<void>,
): Promise<Cost> {
  await drainMeters(servers);
  await work();
  const costs = await drainMeters(servers);
  const average = (of: keyof Cost) => costs.reduce((sum, cost) => sum + cost[of], 0) / times;
  return {
    requests: average("requests"),
    calls: average("calls"),
    frames: average("frames"),
    alarmRuns: average("alarmRuns"),
    rowsRead: average("rowsRead"),
    rowsWritten: average("rowsWritten"),
  };
}

/** Waits until the servers are idle: group updates are sent after the answer. @returns the costs until then */
async function drainMeters(servers: readonly (URL | string)[]): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (;;) {
    const more = (await Promise.all(servers.map(readMeter)))
      .flat()
      .filter(({ requests, calls, rowsRead, alarmRuns }) => requests + calls + rowsRead + alarmRuns > 0);
    if (more.length === 0) return costs;
    costs.push(...more);
    await new Promise((resolve) => setTimeout(resolve, 2 * limits.groupUpdateMinIntervalMs));
  }
}
