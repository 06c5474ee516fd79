import { expect, test } from "vitest";
import { BatchInterval } from "../../src/delivery/batch-interval.ts";

test("a batch waits until the interval since the last batch to its destination is over", () => {
  const interval = new BatchInterval(50);
  expect(interval.waitMs("jakarta", 1_000)).toBe(0);
  interval.sent("jakarta", 1_000);
  expect([interval.waitMs("jakarta", 1_020), interval.waitMs("malang", 1_020)]).toEqual([30, 0]);
  expect(interval.waitMs("jakarta", 1_050)).toBe(0);
});

test("a destination is forgotten once it delays no batch", () => {
  const interval = new BatchInterval(50);
  for (let n = 0; n < 1_000; n++) interval.sent(`realm${n}`, 1_000 + n);
  expect(interval.size).toBeLessThanOrEqual(50);
  expect(interval.waitMs("realm999", 2_000)).toBe(49);
});
