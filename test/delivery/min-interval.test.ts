import { expect, test } from "vitest";
import { Pace } from "../../src/delivery/min-interval.ts";

test("A batch waits for the rest of the pace since the last one to its destination, and for no other's.", () => {
  const pace = new Pace(50);
  expect(pace.waitMs("jakarta", 1_000)).toBe(0);
  pace.left("jakarta", 1_000);
  expect([pace.waitMs("jakarta", 1_020), pace.waitMs("malang", 1_020)]).toEqual([30, 0]);
  expect(pace.waitMs("jakarta", 1_050)).toBe(0);
});

test("A destination is forgotten when it keeps nothing back.", () => {
  const pace = new Pace(50);
  for (let n = 0; n < 1_000; n++) pace.left(`realm${n}`, 1_000 + n);
  expect(pace.size).toBeLessThanOrEqual(50);
  expect(pace.waitMs("realm999", 2_000)).toBe(49);
});
