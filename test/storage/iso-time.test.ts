import fc from "fast-check";
import { expect, test } from "vitest";
import { isoTime } from "../../src/storage/iso-time.ts";

test("a time is formatted like Date.toISOString, in any order of days", () => {
  // ECMA-262, section 21.4.1.1: the range of a date.
  const most = 8.64e15;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -most, max: most })), (times) => {
      expect(times.map(isoTime)).toEqual(times.map((time) => new Date(time).toISOString()));
    }),
  );
});

test("the first and last milliseconds of a day belong to it, and a time without a date throws", () => {
  for (const time of [0, 999, 86_399_999, 86_400_000, Date.UTC(2028, 1, 29), Date.UTC(2100, 1, 28, 23, 59, 59, 999)])
    expect(isoTime(time)).toBe(new Date(time).toISOString());
  for (const none of [8.65e15, 8.65e15, -8.65e15, Number.NaN]) expect(() => isoTime(none)).toThrow(RangeError);
  expect(isoTime(0)).toBe("1970-01-01T00:00:00.000Z");
});
