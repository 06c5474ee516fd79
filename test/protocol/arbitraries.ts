import fc from "fast-check";
import { type CommandName, commands } from "../../src/protocol/commands.ts";

const commandNames = Object.keys(commands) as CommandName[];

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

/** Lines made of parts of valid lines, in any order and number. */
export function nearlyALine(): fc.Arbitrary<string> {
  const option = fc.constantFrom(
    "after=1",
    "limit=5",
    "last=5",
    "wait=1",
    "key=k",
    "mode=open",
    "kind=group",
    "all=yes",
  );
  const bad = fc.constantFrom("after=x", "limit=0", "wait=26", "key=", "mode=secret", "=", "__proto__=1", "x=1");
  const name = fc.constantFrom(
    "budi",
    "ani@jakarta",
    "tim",
    "ADMIN",
    "..",
    "__proto__",
    "inbox",
    "rahasia-sekali",
    "17",
    "2",
    "x",
  );
  const token = fc.oneof(
    { weight: 3, arbitrary: option },
    bad,
    { weight: 3, arbitrary: name },
    fc.constant(""),
    anyText,
  );
  const word = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...commandNames).chain(anyCase) }, anyText);
  const tail = fc.oneof(fc.array(token, { maxLength: 4 }), fc.tuple(name, name), fc.tuple(name));
  return fc.tuple(word, tail).map(([first, rest]) => [first, ...rest].join(" "));
}
