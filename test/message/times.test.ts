import fc from "fast-check";
import { expect, test } from "vitest";
import { isoTime } from "../../src/times.ts";

test("A time is written as the language writes it, in whatever order days come.", () => {
  const year = 365.25 * 24 * 60 * 60 * 1000;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: Math.floor(8_000 * year) })), (times) => {
      expect(times.map(isoTime)).toEqual(times.map((time) => new Date(time).toISOString()));
    }),
  );
});

test("A day begins and ends where it does in the calendar.", () => {
  for (const time of [0, 999, 86_399_999, 86_400_000, Date.UTC(2028, 1, 29), Date.UTC(2100, 1, 28, 23, 59, 59, 999)])
    expect(isoTime(time)).toBe(new Date(time).toISOString());
});
