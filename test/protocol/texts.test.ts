import fc from "fast-check";
import { expect, test } from "vitest";
import { type CommandName, commands } from "../../src/protocol/commands.ts";
import { type ErrorCode, errors } from "../../src/protocol/errors.ts";
import { errorText, help, languageOf, usage } from "../../src/protocol/texts.ts";
import { anyText } from "./arbitraries.ts";

test("The language is Indonesian or English for every header, and Indonesian without one.", () => {
  const nearly = fc
    .array(fc.constantFrom("en", "id", "EN-us", "fr", "*", ",", ";", "q=", "0.5", "1", "0", "-1", "x", " "))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(anyText, nearly), (header) => {
      expect(["id", "en"]).toContain(languageOf(header));
    }),
  );
  expect(languageOf(null)).toBe("id");
  expect(languageOf(undefined)).toBe("id");
  expect(languageOf("")).toBe("id");
});

test.each([
  ["en", "en"],
  ["EN", "en"],
  ["en-US,en;q=0.9", "en"],
  ["id", "id"],
  ["id-ID,en;q=0.9", "id"],
  ["en,id", "en"],
  ["id,en", "id"],
  ["en;q=0.5,id;q=0.4", "en"],
  ["id;q=0.4, en;q=0.5", "en"],
  ["fr,en;q=0.1", "en"],
  ["fr", "id"],
  ["*", "id"],
  ["eng", "id"],
  ["en;q=0", "id"],
  ["en;q=satu", "id"],
  ["en;q=0,id;q=0", "id"],
  [`${"fr,".repeat(100)}en`, "id"],
])("`Accept-Language: %s` is answered in `%s`.", (header, language) => {
  expect(languageOf(header)).toBe(language);
});

test("Every error has two different texts that are filled with the same things.", () => {
  for (const code of Object.keys(errors) as ErrorCode[]) {
    const [status, indonesian, english] = errors[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(indonesian).not.toBe(english);
    expect(placeholders(indonesian)).toEqual(placeholders(english));
  }
});

test("An unknown command is answered with the sentence of the protocol.", () => {
  expect(errorText("unknown-command", {}, "id")).toBe("Maaf, command tidak benar");
});

test("What a client sent is put into a text as it is: it is never filled in itself.", () => {
  const text = errorText("unknown-option", { command: "whoami", option: "{usage}$&$1" }, "en");
  expect(text).toBe("Unknown option {usage}$&$1. Usage: whoami");
});

test("A usage line shows every option and parameter of its command, and help shows every usage line.", () => {
  for (const language of ["id", "en"] as const) {
    const names = Object.keys(commands) as CommandName[];
    expect(help(language).map((row) => row.command)).toEqual(names);
    expect(help(language).map((row) => row.usage)).toEqual(names.map((name) => usage(name, language)));
    for (const name of names) {
      const { options, parameters } = commands[name];
      const line = usage(name, language);
      expect(line.match(/\{(\w+)=/g) ?? []).toEqual(options.map((option) => `{${option}=`));
      expect(line.match(/\[[^\]]+\]/g) ?? []).toHaveLength(Object.keys(parameters).length);
    }
  }
  expect(usage("sendprivate", "en")).toBe("sendprivate {key=KEY} [recipient] [message]");
  expect(usage("sendprivate", "id")).toBe("sendprivate {key=KUNCI} [tujuan] [pesan]");
});

function placeholders(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
}
