import fc from "fast-check";

/** Any string: printable characters, controls, every plane of Unicode, and lone surrogates. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom("k", "K", "\u212a", "i", "I", "\u0130", "\u0131", "s", "\u017f", " ", "=", "\0", "\n"),
  }),
);

const inName = [..."abcxyzABCXYZ0189"];
const label = fc
  .tuple(
    fc.constantFrom(...inName),
    fc.string({ unit: fc.constantFrom(...inName, "-"), maxLength: 61 }),
    fc.constantFrom(...inName),
  )
  .map((parts) => parts.join(""));

/** A valid name in any case. */
export const nameText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...inName), fc.string({ unit: fc.constantFrom(...inName, ".", "_", "-"), maxLength: 31 }))
  .map(([first, rest]) => first + rest);

/** A valid realm in any case. */
export const realmText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...inName), label), { minLength: 1, maxLength: 3 })
  .map((labels) => labels.join("."));

/** An ASCII word with each letter in either case. */
export function anyCase(word: string): fc.Arbitrary<string> {
  return fc
    .tuple(...[...word].map((letter) => fc.constantFrom(letter.toLowerCase(), letter.toUpperCase())))
    .map((letters) => letters.join(""));
}
