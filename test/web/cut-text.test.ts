import { expect, test } from "vitest";
import { cutText } from "../../src/web/page/cut-text.ts";

test.each([
  ["a short text", "halo", 10, "halo"],
  ["letters", "halo semua", 4, "halo"],
  ["an emoji", `${"a".repeat(9)}😀b`, 10, "a".repeat(9)],
  ["a family", `${"a".repeat(5)}👩‍👩‍👧‍👦b`, 10, "a".repeat(5)],
  ["a flag", `${"a".repeat(8)}🇮🇩b`, 10, "a".repeat(8)],
  ["a skin tone", `${"a".repeat(8)}👍🏽b`, 10, "a".repeat(8)],
  ["an accent", `${"a".repeat(9)}e\u0301b`, 10, "a".repeat(9)],
  ["a character at the end of the cut", `${"a".repeat(8)}😀b`, 10, `${"a".repeat(8)}😀`],
  ["a lone surrogate", `${"a".repeat(9)}\ud83d`, 10, `${"a".repeat(9)}\ud83d`],
])("%s is kept or left out as a whole", (_, text, maxChars, expected) => {
  expect(cutText(text, maxChars)).toBe(expected);
});

test("one character that is longer than the cut is cut, but not within a surrogate pair", () => {
  expect(cutText(`Z${"\u0336".repeat(500)}`, 10)).toBe(`Z${"\u0336".repeat(9)}`);
  expect(cutText("👩‍👩‍👧‍👦", 4)).toBe("👩‍");
});
