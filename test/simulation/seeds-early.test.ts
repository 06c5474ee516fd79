import { test } from "vitest";
import { runSeeds } from "./run-seeds.ts";

test("delivery guarantees hold during network faults, partitions, crashes and steps of clocks: seeds 1 to 400", async () => {
  await runSeeds(1, 400);
}, 600_000);
