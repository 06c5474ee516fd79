import { limits } from "../limits.ts";
import {
  type BanTarget,
  type Command,
  type CommandName,
  type CommandSpec,
  commands,
  isCommandName,
  type OptionName,
  type ParameterKind,
  type ParameterKinds,
} from "./commands.ts";
import type { ErrorCode } from "./error-texts.ts";
import { type Address, isReserved, parseAddress, parseName, parseRealm, type RealmName } from "./names.ts";

/** Why a line is not a command: an error code, and the details for its text. */
export interface ParseFailure {
  error: ErrorCode;
  details: ErrorDetails;
}
/** Details for the text of an error. They have no language; `errorText` adds usage lines, labels and phrases. */
export interface ErrorDetails {
  command?: CommandName;
  parameter?: string;
  option?: string;
  other?: string;
  expected?: ExpectedValue;
  name?: string;
}
/** The allowed values of an option. */
export type ExpectedValue =
  | ("key" | "id" | "rows" | "seconds" | "mode" | "kind" | "yes" | "realm")
  | ("label" | "scope" | "address" | "duration" | "uses" | "on-off");

/** The command line of a body or a frame: without one byte order mark at its start and one line end at its end. */
export function lineOf(text: string): string {
  const start = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
  if (!text.endsWith("\n")) return text.slice(start);
  return text.slice(start, text.endsWith("\r\n") ? -2 : -1);
}

/** Editors on Windows write one at the start of a file. */
export const byteOrderMark = "\ufeff";

export type ParseResult = { ok: true; command: Command } | ({ ok: false } & ParseFailure);

/**
 * Parses one command line by the grammar of the README. Never throws.
 *
 * @param line without its trailing line end
 */
export function parseCommand(line: string): ParseResult {
  const named = readName(line);
  if ("error" in named) return { ok: false, ...named };
  const { name } = named;
  const spec: CommandSpec = commands[name];

  const options = readOptions(name, spec, named.rest);
  if ("error" in options) return { ok: false, ...options };
  const parameters = readParameters(name, spec, options.rest);
  if ("error" in parameters) return { ok: false, ...parameters };

  // Both readers follow the table that also defines the type of the command.
  const command = { name, options: options.values, ...parameters.values } as Command;
  if (command.name === "register" && isReserved(command.account)) {
    return { ok: false, ...problem("reserved-name", { name: command.account }) };
  }
  return { ok: true, command };
}

/** Reads the name of the command. */
function readName(line: string): { name: CommandName; rest: string | null } | ParseFailure {
  const [words, rest] = splitAtName(line);
  const name = commandNamed(words);
  if (name) return { name, rest };
  const [family] = commandsBeginningWith(splitAtSpace(line)[0]);
  return family ? problem("usage", { command: family }) : problem("unknown-command", {});
}

/** Splits behind the name of a command: one word, or two where the first begins names of two words, such as `token new`. */
function splitAtName(text: string): [name: string, rest: string | null] {
  const [word, rest] = splitAtSpace(text);
  if (rest === null || commandsBeginningWith(word).length === 0) return [word, rest];
  const [second, afterSecond] = splitAtSpace(rest);
  return [`${word} ${second}`, afterSecond];
}

/** The names of two words that begin with one. */
function commandsBeginningWith(word: string): CommandName[] {
  if (!/^[A-Za-z]+$/.test(word)) return [];
  return twoWordNames.filter((name) => name.startsWith(`${word.toLowerCase()} `));
}

const twoWordNames = (Object.keys(commands) as CommandName[]).filter((name) => name.includes(" "));

function readOptions(name: CommandName, spec: CommandSpec, rest: string | null) {
  const values: Partial<Record<OptionName, string | number | Address>> = {};
  // A password and a text may contain `=`. A command that starts with one has no options.
  const [first] = Object.values(spec.parameters);
  if (first === "secret" || first === "text") return { values, rest };

  let left = rest;
  while (left !== null) {
    const [token, after] = splitAtSpace(left);
    const equals = token.indexOf("=");
    if (equals < 0) break;
    const option = token.slice(0, equals);
    if (!isOptionOf(spec, option)) return problem("unknown-option", { command: name, option: shortened(token) });
    if (values[option] !== undefined) return problem("repeated-option", { option });
    const { expected, parse } = optionRules[option];
    const value = parse(token.slice(equals + 1));
    if (value === null) return problem("bad-option", { option, expected });
    values[option] = value;
    left = after;
  }
  if (values.limit !== undefined && values.last !== undefined) {
    return problem("conflicting-options", { option: "limit", other: "last" });
  }
  return { values, rest: left };
}

function readParameters(name: CommandName, spec: CommandSpec, rest: string | null) {
  const kinds = Object.entries(spec.parameters);
  const tokens = tokensOf(rest, kinds);
  // The number of parameters is checked before their content: a password with a space is one parameter too many.
  if (!tokens) return problem("usage", { command: name });

  const values: Record<string, unknown> = {};
  for (const [index, [parameter, kind]] of kinds.entries()) {
    const token = tokens[index];
    if (token === "") return problem(kind === "text" ? "empty-message" : "usage", { command: name });
    const value = token === undefined ? null : parameterParsers[kind](token);
    if (token !== undefined && value === null) return problem(parameterErrors[kind], { command: name, parameter });
    values[parameter] = value;
  }
  return { values };
}

/** One token for each parameter; a topic and a reason may be missing. @returns null if there are too few or too many */
function tokensOf(rest: string | null, kinds: [string, ParameterKind][]): string[] | null {
  const tokens: string[] = [];
  let left = rest;
  for (const [, kind] of kinds) {
    if (left === null) return kind === "topic" || kind === "reason" ? tokens : null;
    const [token, after] = splitAtParameter(kind, left);
    tokens.push(token);
    left = after;
  }
  return left === null ? tokens : null;
}

const parameterParsers = {
  name: parseName,
  address: parseAddress,
  password: (text) => {
    const bytes = new TextEncoder().encode(text).length;
    const fits = bytes >= limits.passwordMinBytes && bytes <= limits.passwordMaxBytes;
    return fits && !/[\r\n]/.test(text) ? text : null;
  },
  secret: (text) => text,
  topic: commandNamed,
  reference: (text) => (keyPattern.test(text) ? text : null),
  realm: parseRealm,
  id: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  text: (text) => text,
  reason: (text) => ([...text].length <= limits.reasonMaxChars ? text : null),
  target: parseTarget,
  contact: (text) => (text.startsWith("@") ? realmTarget(text) : parseAddress(text)),
  level: wholeNumber(0, 3),
  reported: parseReported,
} as const satisfies { [K in ParameterKind]: (text: string) => ParameterKinds[K] | null };

const parameterErrors = {
  name: "bad-name",
  address: "bad-address",
  password: "bad-password",
  secret: "usage",
  topic: "unknown-command",
  reference: "usage",
  realm: "bad-realm",
  id: "usage",
  text: "empty-message",
  reason: "usage",
  target: "bad-target",
  contact: "bad-target",
  level: "usage",
  reported: "usage",
} as const satisfies Record<ParameterKind, ErrorCode>;

const optionRules: Record<OptionName, OptionRule> = {
  key: { expected: "key", parse: (text) => (keyPattern.test(text) ? text : null) },
  after: { expected: "id", parse: wholeNumber(0, Number.MAX_SAFE_INTEGER) },
  before: { expected: "id", parse: wholeNumber(0, Number.MAX_SAFE_INTEGER) },
  limit: { expected: "rows", parse: wholeNumber(1, limits.pageMaxRows) },
  last: { expected: "rows", parse: wholeNumber(1, limits.pageMaxRows) },
  wait: { expected: "seconds", parse: wholeNumber(0, limits.waitMaxSeconds) },
  mode: { expected: "mode", parse: oneOf("open", "private") },
  kind: { expected: "kind", parse: oneOf("private", "group") },
  all: { expected: "yes", parse: oneOf("yes") },
  past: { expected: "realm", parse: (text) => parseRealm(text) ?? parseName(text) },
  label: { expected: "label", parse: parseName },
  scope: { expected: "scope", parse: oneOf("read", "send", "all") },
  to: { expected: "address", parse: parseAddress },
  expires: { expected: "duration", parse: parseDuration },
  code: { expected: "key", parse: (text) => (keyPattern.test(text) ? text : null) },
  requests: { expected: "on-off", parse: oneOf("on", "off") },
  uses: { expected: "uses", parse: wholeNumber(1, limits.inviteCodeMaxUses) },
};

interface OptionRule {
  expected: ExpectedValue;
  parse: (text: string) => string | number | Address | null;
}

/** Visible ASCII (VCHAR of RFC 5234) without `=`, because a word with `=` is an option. */
const keyPattern = new RegExp(`^[!-<>-~]{1,${limits.keyMaxChars}}$`);

function oneOf(...words: string[]) {
  return (text: string): string | null => (words.includes(text) ? text : null);
}

function wholeNumber(min: number, max: number) {
  return (text: string): number | null => {
    if (!/^\d{1,16}$/.test(text)) return null;
    const value = Number(text);
    return value >= min && value <= max ? value : null;
  };
}

/** Splits behind a parameter: at the next space, but for kinds that have several words. */
function splitAtParameter(kind: ParameterKind, text: string): [parameter: string, rest: string | null] {
  switch (kind) {
    case "text":
    case "reason":
      return [text, null];
    case "topic":
      return splitAtName(text);
    case "reported":
      return splitAtReported(text);
    default:
      return splitAtSpace(text);
  }
}

/** `ID` of the own inbox, or `GROUP ID`. A name of digits alone is an id here. */
function splitAtReported(text: string): [reported: string, rest: string | null] {
  const [first, rest] = splitAtSpace(text);
  if (rest === null || /^\d+$/.test(first)) return [first, rest];
  const [second, afterSecond] = splitAtSpace(rest);
  return [`${first} ${second}`, afterSecond];
}

function parseReported(text: string): { group: Address | null; id: number } | null {
  const words = text.split(" ");
  const id = wholeNumber(1, Number.MAX_SAFE_INTEGER)(words.pop() ?? "");
  const [groupText] = words;
  const group = groupText === undefined ? null : parseAddress(groupText);
  return id === null || (groupText !== undefined && !group) ? null : { group, id };
}

function parseTarget(text: string): BanTarget | null {
  if (text.startsWith("@")) return realmTarget(text);
  const name = parseName(text);
  return name && { name, realm: null };
}

function realmTarget(text: string): { name: null; realm: RealmName } | null {
  const realm = parseRealm(text.slice(1));
  return realm && { name: null, realm };
}

/** `30m`, `12h` or `90d`. @returns milliseconds */
function parseDuration(text: string): number | null {
  const [, count = "", unit = ""] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * ({ m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 0);
  return ms > 0 && ms <= limits.durationMaxMs ? ms : null;
}

/** ASCII case folding only: Unicode folding turns the Kelvin sign into the letter k. */
function commandNamed(word: string): CommandName | null {
  const name = word.toLowerCase();
  return /^[A-Za-z]+(?: [A-Za-z]+)?$/.test(word) && isCommandName(name) ? name : null;
}

/** The beginning of a long word, for the text of an error. */
function shortened(word: string): string {
  const chars = [...word];
  return chars.length > limits.errorEchoMaxChars ? `${chars.slice(0, limits.errorEchoMaxChars).join("")}…` : word;
}

function isOptionOf(spec: CommandSpec, option: string): option is OptionName {
  return (spec.options as readonly string[]).includes(option);
}

/** Splits at the first space. Without a space, the rest is null. */
function splitAtSpace(text: string): [token: string, rest: string | null] {
  const space = text.indexOf(" ");
  return space < 0 ? [text, null] : [text.slice(0, space), text.slice(space + 1)];
}

function problem(error: ErrorCode, details: ErrorDetails): ParseFailure {
  return { error, details };
}
