import { test } from "vitest";
import { everySeedHolds } from "./every-seed.ts";

test("Through bad weather, cuts, crashes and skewed clocks every promise is kept: seeds 1 to 1000.", async () => {
  await everySeedHolds(1, 1000);
}, 300_000);
