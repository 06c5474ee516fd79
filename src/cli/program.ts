import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { Language } from "../protocol/texts.ts";
import { CliError } from "./cli-error.ts";
import { type CommandSpec, commandSections, globalOptions, type OptionSpec } from "./command-spec.ts";
import { parseDuration } from "./duration.ts";
import { exitCodes, exitCodeTexts } from "./exit-codes.ts";
import type { OptionValues } from "./invocation.ts";
import { type Text, textIn } from "./language.ts";

export interface ParsedLine {
  spec: CommandSpec;
  args: string[];
  options: OptionValues;
}

export interface ProgramDeps {
  table: readonly CommandSpec[];
  language: Language;
  version: string;
  write: (text: string) => void;
}

/** @returns null if the line asked for help or the version, which is written then. @throws {CliError} if it is wrong */
export function parseLine(words: readonly string[], deps: ProgramDeps): ParsedLine | null {
  let parsed: ParsedLine | null = null;
  const program = buildProgram(deps, (spec, args, options) => {
    parsed = { spec, args, options };
  });
  try {
    program.parse(withValuesOfLoneOptions(words, deps.table), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw usageError(error);
  }
  return parsed;
}

type Accept = (spec: CommandSpec, args: string[], options: OptionValues) => void;

function buildProgram({ table, language, version, write }: ProgramDeps, accept: Accept): Command {
  const say = (text: Text) => textIn(language, text);
  const program = new Command("ranah");
  // Settings of the program are inherited by its commands, so they stand first.
  program
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => say(titles[title] ?? [title, title]) })
    .helpOption("-h, --help", say(["menampilkan bantuan ini", "show this help"]))
    .helpCommand("help [command]", say(["menampilkan bantuan sebuah command", "show the help of a command"]))
    .version(version, "-V, --version", say(["menampilkan versi", "show the version"]))
    .description(
      say(["Klien terminal Ranah: chat yang bisa di-script.", "The terminal client of Ranah: chat you can script."]),
    )
    .addHelpText("after", () => exitCodeHelp(language));
  for (const option of globalOptions) program.addOption(commanderOption(option, language));
  for (const spec of table) {
    const command = program.command(spec.name).description(say(spec.purpose));
    command.helpGroup(`${say(commandSections[spec.section])}:`);
    command.addHelpText("after", () => commandHelp(spec, language));
    for (const argument of spec.arguments) {
      const name = say(argument.name) + (argument.variadic ? "..." : "");
      const shown = new Argument(argument.required ? `<${name}>` : `[${name}]`);
      if (Array.isArray(argument.completes)) shown.choices(argument.completes);
      command.addArgument(shown);
    }
    for (const option of spec.options) command.addOption(commanderOption(option, language));
    command.action(() => accept(spec, command.args, optionValues(spec, command)));
  }
  return program;
}

function commanderOption(spec: OptionSpec, language: Language): Option {
  const say = (text: Text) => textIn(language, text);
  const short = spec.short === undefined ? "" : `-${spec.short}, `;
  const value = spec.value === undefined ? "" : ` <${say(spec.value)}>`;
  const option = new Option(`${short}--${spec.name}${value}`, say(spec.purpose));
  if (spec.choices) option.choices([...spec.choices]);
  else if (spec.kind !== "flag") option.argParser((text: string) => parseValue(spec, text, language));
  return option;
}

function parseValue({ kind }: OptionSpec, text: string, language: Language): string | number {
  if (kind === "number") {
    if (/^\d{1,16}$/.test(text)) return Number(text);
    throw new InvalidArgumentError(textIn(language, ["Harus bilangan bulat.", "It must be a whole number."]));
  }
  if (kind === "duration") {
    const ms = parseDuration(text);
    if (ms !== null) return ms;
    throw new InvalidArgumentError(textIn(language, ["Contoh: 30s, 2m, 1h.", "Examples: 30s, 2m, 1h."]));
  }
  return text;
}

function optionValues(spec: CommandSpec, command: Command): OptionValues {
  const values = command.optsWithGlobals<Record<string, unknown>>();
  const known = [...spec.options, ...globalOptions].flatMap(({ name }): [string, string | number | true][] => {
    const value = values[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === "string" || typeof value === "number" || value === true ? [[name, value]] : [];
  });
  return new Map(known);
}

/**
 * `--wait` alone becomes `--wait=30s`. The parser could only take the next word as its value, and that word may be the recipient.
 */
function withValuesOfLoneOptions(words: readonly string[], table: readonly CommandSpec[]): string[] {
  const alone = new Map<string, string>();
  for (const { name, short, alone: value } of table.flatMap(({ options }) => options)) {
    if (value === undefined) continue;
    alone.set(`--${name}`, `--${name}=${value}`);
    if (short !== undefined) alone.set(`-${short}`, `--${name}=${value}`);
  }
  const end = words.indexOf("--");
  return words.map((word, index) => (end >= 0 && index > end ? word : (alone.get(word) ?? word)));
}

function commandHelp(spec: CommandSpec, language: Language): string {
  const say = (text: Text) => textIn(language, text);
  const remarks = spec.remarks ? `\n${say(spec.remarks)}\n` : "";
  const examples = spec.examples.map(({ line, purpose }) => `  ${line}\n      ${say(purpose)}\n`).join("");
  return `${remarks}${examples && `\n${say(["Contoh:", "Examples:"])}\n${examples}`}`;
}

function exitCodeHelp(language: Language): string {
  const rows = Object.entries(exitCodeTexts).map(
    ([name, text]) => `  ${String(exitCodes[name as keyof typeof exitCodes]).padStart(2)}  ${textIn(language, text)}\n`,
  );
  return `\n${textIn(language, ["Kode keluar:", "Exit codes:"])}\n${rows.join("")}`;
}

/** Headings of commander's help. */
const titles: Record<string, Text> = {
  "Usage:": ["Pemakaian:", "Usage:"],
  "Arguments:": ["Argumen:", "Arguments:"],
  "Options:": ["Opsi:", "Options:"],
  "Global Options:": ["Opsi umum:", "Global options:"],
  "Commands:": ["Command:", "Commands:"],
};

/** Sentences for the errors of commander, whose own are English only. `{word}` is what it quotes. */
const parserErrors: Record<string, Text> = {
  "commander.unknownCommand": [
    "Tidak ada command {word}; lihat ranah --help",
    "There is no command {word}; see ranah --help",
  ],
  "commander.unknownOption": [
    "Tidak ada opsi {word}. Teks yang diawali tanda hubung berdiri setelah --",
    "There is no option {word}. A text that starts with a dash stands after --",
  ],
  "commander.missingArgument": ["Parameter {word} tidak ada", "The argument {word} is missing"],
  "commander.optionMissingArgument": ["Nilai opsi {word} tidak ada", "The value of option {word} is missing"],
  "commander.excessArguments": ["Terlalu banyak parameter", "Too many arguments"],
  "commander.help": ["Tidak ada command; lihat ranah --help", "There is no command; see ranah --help"],
};

function usageError(error: CommanderError): CliError {
  const word = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const text = parserErrors[error.code] ?? error.message.replace(/^error: /, "");
  return new CliError(exitCodes.usage, "usage", text, { word });
}
