import { test } from "vitest";
import { everySeedHolds } from "./every-seed.ts";

test("Through bad weather, cuts, crashes and skewed clocks every promise is kept: seeds 1001 to 2000.", async () => {
  await everySeedHolds(1001, 2000);
}, 300_000);
