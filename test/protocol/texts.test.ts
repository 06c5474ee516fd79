import { expect, test } from "vitest";
import { type CommandName, commands } from "../../src/protocol/commands.ts";
import { type ErrorCode, errors } from "../../src/protocol/error-texts.ts";
import { errorText, helpEntries, usageLine } from "../../src/protocol/texts.ts";

test("every error has two different texts with the same placeholders", () => {
  for (const code of Object.keys(errors) as ErrorCode[]) {
    const [status, indonesian, english] = errors[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(indonesian).not.toBe(english);
    expect(placeholders(indonesian)).toEqual(placeholders(english));
  }
});

test("an unknown command is answered with the sentence of the protocol", () => {
  expect(errorText("unknown-command", {}, "id")).toBe("Maaf, command tidak benar");
});

test("a client's word is inserted into a text verbatim: its own placeholders are not replaced", () => {
  const text = errorText("unknown-option", { command: "whoami", option: "{usage}$&$1" }, "en");
  expect(text).toBe("Unknown option {usage}$&$1. Usage: whoami");
});

test("a usage line has every option and parameter of its command, and help has every usage line", () => {
  for (const language of ["id", "en"] as const) {
    const names = Object.keys(commands) as CommandName[];
    expect(helpEntries(language).map((row) => row.command)).toEqual(names);
    expect(helpEntries(language).map((row) => row.usage)).toEqual(names.map((name) => usageLine(name, language)));
    for (const name of names) {
      const { options, parameters } = commands[name];
      const line = usageLine(name, language);
      expect(line.match(/\{(\w+)=/g) ?? []).toEqual(
        // The code of `register` is told to those who get one.
        options.flatMap((option) => ((option as string) === "code" ? [] : `{${option}=`)),
      );
      expect(line.match(/\[[^\]]+\]/g) ?? []).toHaveLength(Object.keys(parameters).length);
    }
  }
  expect(usageLine("sendprivate", "en")).toBe("sendprivate {key=KEY} [recipient] [message]");
  expect(usageLine("sendprivate", "id")).toBe("sendprivate {key=KUNCI} [tujuan] [pesan]");
});

function placeholders(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
}
