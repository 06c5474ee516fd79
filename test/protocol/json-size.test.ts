import fc from "fast-check";
import { expect, test } from "vitest";
import { hasAtMostValues } from "../../src/protocol/json-size.ts";
import { bytesOf } from "./wire.ts";

/** The values of a JSON value, itself not counted. */
function valuesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inner.reduce((sum: number, each) => sum + 1 + valuesIn(each), 0);
}

test("a text is never taken to have fewer values than it has, nor many more", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = bytesOf(value);
      const count = valuesIn(value);
      if (count > 0) expect(hasAtMostValues(bytes, Math.ceil(count / 2) - 1)).toBe(false);
      expect(hasAtMostValues(bytes, 2 * count + 1)).toBe(true);
    }),
  );
});

test.each([
  ["commas and brackets in a string", JSON.stringify("[{,".repeat(1000)), 0],
  ["escaped quotes", JSON.stringify('",'.repeat(1000)), 0],
  ["backslashes before a quote", `["${"\\\\".repeat(1000)}",1]`, 2],
  ["an unfinished string", `["${",".repeat(1000)}`, 1],
  ["a million numbers", `[${"1,".repeat(999_999)}1]`, 1_000_000],
  ["a million open brackets", "[".repeat(1_000_000), 1_000_000],
])("%s are counted as %s", (_, text, count) => {
  const bytes = new TextEncoder().encode(text);
  expect([hasAtMostValues(bytes, count), count > 0 && hasAtMostValues(bytes, count - 1)]).toEqual([true, false]);
});
