import { limits } from "../../src/limits.ts";
import type { Cost } from "../support/cost.ts";

const nothing: Cost = { requests: 0, calls: 0, frames: 0, rung: 0, rowsRead: 0, rowsWritten: 0 };

/**
 * What each of some repetitions cost, in all objects of all metered deployments together. An alarm that one of ten sets
 * counts as a tenth.
 *
 * @param servers each is the Worker of test/worker/cost-worker.ts
 * @param work to be done `times` times, all of it over when it resolves; caches are full when they were before
 */
export async function countOf(
  servers: readonly (URL | string)[],
  times: number,
  work: () => Promise<void>,
): Promise<Cost> {
  await quiet(servers);
  await work();
  const costs = await quiet(servers);
  const each = (of: keyof Cost) => costs.reduce((sum, cost) => sum + cost[of], 0) / times;
  return Object.fromEntries(Object.keys(nothing).map((of) => [of, each(of as keyof Cost)])) as unknown as Cost;
}

/** Waits until nothing is done any more, as news of groups leave after the answer. @returns what was done until then */
async function quiet(servers: readonly (URL | string)[]): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (;;) {
    const more = (await Promise.all(servers.map(meter)))
      .flat()
      .filter(({ requests, calls, rowsRead, rung }) => requests + calls + rowsRead + rung > 0);
    if (more.length === 0) return costs;
    costs.push(...more);
    await new Promise((resolve) => setTimeout(resolve, 2 * limits.groupUpdateMinIntervalMs));
  }
}

/** What was counted since it was last asked. */
async function meter(server: URL | string): Promise<Cost[]> {
  return (await fetch(new URL("/meter", server))).json() as Promise<Cost[]>;
}
