import { expect, test } from "vitest";
import { soak } from "../soak/soak.ts";

/** One minute by default; SOAK_MINUTES makes it longer. */
const minutes = Number(process.env.SOAK_MINUTES ?? 1);

test("after a mixed load with kills each acknowledged message is there once, and memory and handles have not grown", {
  timeout: (minutes + 4) * 60_000,
}, async () => {
  // Other tests use the machine at the same time, so the load is low and latency has no bound here.
  // `npm run soak` bounds it on a machine without other load.
  const { acknowledged, growth, problems } = await soak({
    minutes,
    rate: 40,
    p99GrowthMs: Number.POSITIVE_INFINITY,
    seed: 20_261_123,
    log: () => {},
  });
  console.table(Object.fromEntries(Object.entries(growth).map(([name, { after }]) => [name, after])));
  expect(problems).toEqual([]);
  expect(acknowledged).toBeGreaterThan(minutes * 60 * 10);
});
