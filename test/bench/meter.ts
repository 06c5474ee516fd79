import type { Cost } from "../support/cost.ts";

/** Reads and resets the counters of test/worker/cost-worker.ts. */
export async function readMeter(server: URL | string): Promise<Cost[]> {
  return (await fetch(new URL("/meter", server))).json() as Promise<Cost[]>;
}
