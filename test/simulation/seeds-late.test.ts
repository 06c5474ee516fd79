import { test } from "vitest";
import { runSeeds } from "./run-seeds.ts";

test("delivery guarantees hold during network faults, partitions, crashes and steps of clocks: seeds 1001 to 1400", async () => {
  await runSeeds(1001, 1400);
}, 600_000);
