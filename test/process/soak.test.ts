import { expect, test } from "vitest";
import { soak } from "../soak/soak.ts";

/** A minute in every run of the tests; SOAK_MINUTES makes it longer. */
const minutes = Number(process.env.SOAK_MINUTES ?? 1);

test("After a while of everything, with kills in between, each acknowledged message is there once, and memory and handles have not grown.", {
  timeout: (minutes + 4) * 60_000,
}, async () => {
  // Other tests use the machine at the same time: the load is low, and how long answers take is theirs to say. It is
  // bounded by `npm run soak`, which has the machine to itself.
  const { acknowledged, growth, faults } = await soak({
    minutes,
    rate: 40,
    p99Ms: Number.POSITIVE_INFINITY,
    seed: 20_261_123,
    say: () => {},
  });
  console.table(Object.fromEntries(Object.entries(growth).map(([name, { after }]) => [name, after])));
  expect(faults).toEqual([]);
  expect(acknowledged).toBeGreaterThan(minutes * 60 * 10);
});
