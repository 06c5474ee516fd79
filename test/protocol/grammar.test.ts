import fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import {
  type CommandName,
  type CommandSpec,
  commands,
  type OptionName,
  type ParameterKind,
} from "../../src/protocol/commands.ts";
import { errors } from "../../src/protocol/error-texts.ts";
import { parseCommand } from "../../src/protocol/grammar.ts";
import { type Address, isReserved, parseName } from "../../src/protocol/names.ts";
import { errorText } from "../../src/protocol/texts.ts";
import { anyCase, anyText, nameText, nearlyALine, realmText } from "./arbitraries.ts";

/** The errors of the grammar. Every other error needs a server. */
const grammarErrors = [
  "unknown-command",
  "usage",
  "unknown-option",
  "repeated-option",
  "bad-option",
  "conflicting-options",
  "bad-name",
  "bad-target",
  "bad-address",
  "bad-password",
  "reserved-name",
  "bad-realm",
  "empty-message",
];
const commandNames = Object.keys(commands) as CommandName[];

test("no string makes the parser throw, and every error has a text", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, nearlyALine()), (line) => {
      const parsed = parseCommand(line);
      if (parsed.ok) return;
      const { error, details } = parsed;
      expect(grammarErrors).toContain(error);
      const given = new Set<string>(Object.keys(details));
      if (details.command) given.add("usage");
      if (details.parameter) given.add("label");
      const [, ...texts] = errors[error];
      for (const text of texts) {
        for (const [, placeholder] of text.matchAll(/\{(\w+)\}/g)) expect(given).toContain(placeholder);
      }
      for (const language of ["id", "en"] as const) {
        expect(errorText(error, { ...details }, language)).not.toMatch(/undefined|\[object|\{\}/);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("nearly valid lines reach every error of the grammar and every command", () => {
  const seen = new Set<string>();
  for (const line of fc.sample(nearlyALine(), { numRuns: 60_000, seed: 1 })) {
    const parsed = parseCommand(line);
    seen.add(parsed.ok ? parsed.command.name : parsed.error);
  }
  for (const name of commandNames) expect(seen).toContain(name);
  for (const error of grammarErrors) expect(seen).toContain(error);
});

test("a line written from a valid command parses to the same command", () => {
  fc.assert(
    fc.property(validCommand(), ({ line, command }) => {
      expect(parseCommand(line)).toStrictEqual({ ok: true, command });
    }),
    { numRuns: 1_000 },
  );
});

test("the order of options makes no difference", () => {
  fc.assert(
    fc.property(optionsOf(commands.inbox.options), fc.gen(), (options, gen) => {
      const shuffled = gen(() => fc.shuffledSubarray(options, { minLength: options.length }));
      const write = (pairs: Options) => ["inbox", ...pairs.map(([key, { typed }]) => `${key}=${typed}`)].join(" ");
      expect(parseCommand(write(shuffled))).toEqual(parseCommand(write(options)));
    }),
  );
});

test("a text is kept verbatim, with any characters", () => {
  const looksLikeSyntax = fc.constantFrom(" ", "key=1 x", "  a ", "\n", "\r\n\r\n", "\0", "key=", " =", "\u2028");
  fc.assert(
    fc.property(
      fc.constantFrom("sendprivate ani", "sendprivate key=1 ani@jakarta", "sendgroup tim", "SENDGROUP key=2 tim"),
      fc.oneof(
        anyText,
        looksLikeSyntax,
        fc.tuple(looksLikeSyntax, anyText).map(([a, b]) => a + b),
      ),
      (head, text) => {
        fc.pre(text !== "");
        expect(parseCommand(`${head} ${text}`)).toMatchObject({ ok: true, command: { text } });
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a password is kept verbatim, with `=` and every character except space and line ends", () => {
  fc.assert(
    fc.property(passwordText(), passwordText(), (old, fresh) => {
      expect(parseCommand(`passwd ${old} ${fresh}`)).toMatchObject({ ok: true, command: { old, new: fresh } });
      expect(parseCommand(`register budi ${fresh}`)).toMatchObject({ ok: true, command: { password: fresh } });
    }),
  );
});

test("a password has 8 to 128 bytes of UTF-8", () => {
  fc.assert(
    fc.property(fc.constantFrom("a", "é", "€", "🔑"), fc.nat({ max: 140 }), (character, count) => {
      const bytes = new TextEncoder().encode(character).length * count;
      fc.pre(count > 0);
      const fits = bytes >= limits.passwordMinBytes && bytes <= limits.passwordMaxBytes;
      expect(parseCommand(`register budi ${character.repeat(count)}`).ok).toBe(fits);
    }),
  );
});

test("a second space is not a separator: it makes every line without text invalid", () => {
  fc.assert(
    fc.property(validCommand(), fc.nat(), ({ line, command }, at) => {
      fc.pre(!("text" in command) && !("reason" in command));
      const spaces = [...line.matchAll(/ /g)].map((match) => match.index);
      const place = [...spaces, line.length][at % (spaces.length + 1)] ?? 0;
      expect(parseCommand(`${line.slice(0, place)} ${line.slice(place)}`).ok).toBe(false);
      expect(parseCommand(` ${line}`)).toMatchObject({ ok: false, error: "unknown-command" });
    }),
  );
});

test("a word with a letter that resembles, or folds to, an ASCII letter is not a command", () => {
  const alike: Record<string, string[]> = {
    i: ["\u0130", "\u0131", "\uff49", "\u0456"],
    k: ["\u212a", "\uff4b"],
    o: ["\u03bf", "\uff4f", "\u00ba"],
    s: ["\u017f", "\uff53"],
  };
  for (const name of commandNames) {
    for (const [letter, others] of Object.entries(alike)) {
      if (!name.includes(letter)) continue;
      for (const other of others) {
        const alike = name.replace(letter, other);
        // The first word of several names is a beginning that exists.
        const [first = ""] = alike.split(" ");
        const begins = commandNames.some((other) => other.startsWith(`${first} `));
        const error = begins ? "usage" : "unknown-command";
        expect(parseCommand(`${alike} budi rahasia-sekali`)).toMatchObject({ ok: false, error });
        const isTwoTopics = alike.includes(" ") && !begins;
        const ofTopic = isTwoTopics ? "usage" : "unknown-command";
        expect(parseCommand(`help ${alike}`)).toMatchObject({ ok: false, error: ofTopic });
      }
    }
  }
});

test("an extra parameter is answered `usage`, whatever the other parameters are", () => {
  fc.assert(
    fc.property(fc.constantFrom(...commandNames), fc.gen(), (name, gen) => {
      const spec: CommandSpec = commands[name];
      const kinds = Object.values(spec.parameters);
      fc.pre(!kinds.some((kind) => kind === "text" || kind === "reason"));
      const word = fc.oneof(fc.constantFrom("", "!", "a@b@c", "x"), anyText).map((text) => text.replace(/[ =]/g, ""));
      const words = [...kinds, "one more"].map(() => gen(() => word));
      expect(parseCommand([name, ...words].join(" "))).toEqual({
        ok: false,
        error: "usage",
        details: { command: name },
      });
    }),
    { numRuns: 1_000 },
  );
});

test("the text of an unknown option repeats the word, shortened if it is long", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,60}$/), fc.string({ maxLength: 60 }), (option, value) => {
      const word = `${option}=${value.replaceAll(" ", "_")}`;
      fc.pre(option !== "all");
      const shown = word.length > limits.errorEchoMaxChars ? `${word.slice(0, limits.errorEchoMaxChars)}…` : word;
      expect(parseCommand(`logout ${word}`)).toMatchObject({ error: "unknown-option", details: { option: shown } });
    }),
  );
});

test("a key has no `=`, in `key=` and in `status`", () => {
  fc.assert(
    fc.property(keyText, keyText, (before, after) => {
      const key = `${before}=${after}`.slice(0, limits.keyMaxChars);
      fc.pre(key.includes("="));
      expect(parseCommand(`sendprivate key=${key} ani halo`)).toMatchObject({ ok: false, error: "bad-option" });
      expect(parseCommand(`status ${key}`)).toMatchObject({ ok: false, error: "unknown-option" });
    }),
  );
});

function isReservedText(account: unknown): boolean {
  const name = parseName(String(account));
  return name !== null && isReserved(name);
}

type Options = [OptionName, OptionValue][];
/** The value of an option, as it is typed and as it is parsed. */
type OptionValue = { typed: string | number; value: unknown };

/** Visible ASCII without `=`. */
const keyText = fc.string({ minLength: 1, maxLength: 64 }).map((text) => text.replaceAll(/[ =]/g, "_"));

interface ValidLine {
  line: string;
  command: Record<string, unknown>;
}

/** A valid line with its expected command, made from the table of commands only. */
function validCommand(): fc.Arbitrary<ValidLine> {
  return fc.constantFrom(...commandNames).chain((name) => {
    const spec: CommandSpec = commands[name];
    const kinds = Object.entries(spec.parameters);
    return fc
      .record({
        word: anyCase(name),
        options: optionsOf(spec.options),
        parameters: fc.tuple(...kinds.map(([, kind]) => parameterOf(kind))),
      })
      .map(
        ({ word, options, parameters }): ValidLine => ({
          line: [
            word,
            ...options.map(([option, { typed }]) => `${option}=${typed}`),
            ...parameters.flatMap(({ typed }) => typed ?? []),
          ].join(" "),
          command: {
            name,
            options: Object.fromEntries(options.map(([option, { value }]) => [option, value])),
            ...Object.fromEntries(kinds.map(([parameter], index) => [parameter, parameters[index]?.value])),
          },
        }),
      )
      .filter(({ command }) => name !== "register" || !isReservedText(command.account));
  });
}

/** The typed word, null for none, and its value. */
type Parameter = { typed: string | null; value: string | number | Address | Record<string, unknown> | null };

function parameterOf(kind: ParameterKind): fc.Arbitrary<Parameter> {
  switch (kind) {
    case "name":
      return nameText.map((typed) => ({ typed, value: typed.toLowerCase() }));
    case "address":
      return fc.tuple(nameText, fc.option(realmText)).map(([name, realm]) => ({
        typed: realm === null ? name : `${name}@${realm}`,
        value: { name: name.toLowerCase(), realm: realm === null ? null : realm.toLowerCase() },
      }));
    case "password":
      return passwordText().map((typed) => ({ typed, value: typed }));
    case "secret":
      // `auth` has options only before its name, and `passwd` has none, so both accept `=` here.
      return anyText
        .map((text) => text.replaceAll(" ", ""))
        .filter((text) => text !== "")
        .map((typed) => ({ typed, value: typed }));
    case "reference":
      return keyText.map((typed) => ({ typed, value: typed }));
    case "realm":
      return realmText.map((typed) => ({ typed, value: typed.toLowerCase() }));
    case "topic":
      return fc
        .option(fc.constantFrom(...commandNames))
        .chain((topic) =>
          topic === null
            ? fc.constant<Parameter>({ typed: null, value: null })
            : anyCase(topic).map((typed) => ({ typed, value: topic })),
        );
    case "id":
      return fc.maxSafeNat().map((id) => ({ typed: String(id), value: id }));
    case "text":
      return anyText.filter((text) => text !== "").map((typed) => ({ typed, value: typed }));
    case "reason":
      return fc
        .option(anyText.filter((text) => text !== "" && [...text].length <= limits.reasonMaxChars))
        .map((typed) => ({
          typed,
          value: typed,
        }));
    case "target":
      return fc.oneof(
        nameText.map((typed) => ({ typed, value: { name: typed.toLowerCase(), realm: null } })),
        realmText.map((typed) => ({ typed: `@${typed}`, value: { name: null, realm: typed.toLowerCase() } })),
      );
    case "contact":
      return fc.oneof(
        fc.tuple(nameText, fc.option(realmText)).map(([name, realm]) => ({
          typed: realm === null ? name : `${name}@${realm}`,
          value: { name: name.toLowerCase(), realm: realm === null ? null : realm.toLowerCase() },
        })),
        realmText.map((typed) => ({ typed: `@${typed}`, value: { name: null, realm: typed.toLowerCase() } })),
      );
    case "reported":
      return fc
        .tuple(fc.option(nameText.filter((name) => !/^\d+$/.test(name))), fc.integer({ min: 1, max: 2 ** 40 }))
        .map(([group, id]) => ({
          typed: group === null ? String(id) : `${group} ${id}`,
          value: { group: group === null ? null : { name: group.toLowerCase(), realm: null }, id },
        }));
    case "level":
      return fc.constantFrom(0, 1, 2, 3).map((level) => ({ typed: String(level), value: level }));
  }
}

function optionsOf(names: readonly OptionName[]): fc.Arbitrary<Options> {
  return fc
    .shuffledSubarray([...names])
    .filter((chosen) => !(chosen.includes("limit") && chosen.includes("last")))
    .chain((chosen) => fc.tuple(...chosen.map((name) => fc.tuple(fc.constant(name), optionValue(name)))));
}

function optionValue(option: OptionName): fc.Arbitrary<OptionValue> {
  switch (option) {
    case "to":
      return fc
        .tuple(nameText, realmText)
        .map(([name, realm]) => [name.toLowerCase(), realm.toLowerCase()])
        .map(([name, realm]) => ({ typed: `${name}@${realm}`, value: { name, realm } }));
    case "expires":
      return fc.integer({ min: 1, max: 3650 }).map((days) => ({ typed: `${days}d`, value: days * 86_400_000 }));
    default:
      return plainValue(option).map((value) => ({ typed: value, value }));
  }
}

/** Of an option whose value is the word itself. */
function plainValue(option: Exclude<OptionName, "to" | "expires">): fc.Arbitrary<string | number> {
  switch (option) {
    case "key":
      return keyText;
    case "after":
    case "before":
      return fc.maxSafeNat();
    case "limit":
    case "last":
      return fc.integer({ min: 1, max: 10_000 });
    case "wait":
      return fc.integer({ min: 0, max: 25 });
    case "mode":
      return fc.constantFrom("open", "private");
    case "kind":
      return fc.constantFrom("private", "group");
    case "all":
      return fc.constant("yes");
    case "past":
      return realmText.map((typed) => typed.toLowerCase());
    case "code":
      return keyText;
    case "label":
      return nameText.map((typed) => typed.toLowerCase());
    case "requests":
      return fc.constantFrom("on", "off");
    case "scope":
      return fc.constantFrom("read", "send", "all");
    case "uses":
      return fc.integer({ min: 1, max: 1000 });
  }
}

function passwordText(): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.string({ minLength: 8, maxLength: 128 }),
      fc.string({ unit: "binary", minLength: 3, maxLength: 40 }),
      fc.constantFrom("key=rahasia", "========", "a=b=c=d=e", "@@@@@@@@"),
    )
    .map((text) => text.replace(/[ \r\n]/g, "="))
    .filter((text) => {
      const bytes = new TextEncoder().encode(text).length;
      return bytes >= limits.passwordMinBytes && bytes <= limits.passwordMaxBytes;
    });
}
