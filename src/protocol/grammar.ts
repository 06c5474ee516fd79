import { limits } from "../limits.ts";
import {
  type Command,
  type CommandName,
  type CommandSpec,
  commands,
  isCommandName,
  type OptionName,
  type ParameterKind,
  type ParameterKinds,
} from "./commands.ts";
import type { ErrorCode } from "./errors.ts";
import { isReserved, parseAddress, parseName, parseRealm } from "./names.ts";

/** Why a line is no command: a row of the table of errors, and what fills its text. */
export interface ParseFailure {
  error: ErrorCode;
  details: ErrorDetails;
}
/** `usage` and `label` name rows of the table of texts, since a refusal has no language yet. */
export interface ErrorDetails {
  command?: CommandName;
  parameter?: string;
  option?: string;
  other?: string;
  expected?: ExpectedValue;
  name?: string;
}
/** What the value of an option must be. */
export type ExpectedValue = "key" | "id" | "rows" | "seconds" | "mode" | "kind" | "yes";

/** A body or a frame without its one trailing line end. */
export function stripLineEnd(text: string): string {
  if (!text.endsWith("\n")) return text;
  return text.slice(0, text.endsWith("\r\n") ? -2 : -1);
}

export type ParseResult = { ok: true; command: Command } | ({ ok: false } & ParseFailure);

/**
 * Parses one command line by the grammar of this folder's README. Pure; never throws.
 *
 * @param line the request body as text, its one trailing line end already dropped
 */
export function parseCommand(line: string): ParseResult {
  const [word, afterWord] = cut(line);
  const name = commandNamed(word);
  if (!name) return refuse("unknown-command", {});
  const spec: CommandSpec = commands[name];

  const options = readOptions(name, spec, afterWord);
  if ("error" in options) return { ok: false, ...options };
  const parameters = readParameters(name, spec, options.rest);
  if ("error" in parameters) return { ok: false, ...parameters };

  // The table that says which fields a command has is the one that both readers just followed.
  const command = { name, options: options.values, ...parameters.values } as unknown as Command;
  if (command.name === "register" && isReserved(command.account)) {
    return refuse("reserved-name", { name: command.account });
  }
  return { ok: true, command };
}

function readOptions(name: CommandName, spec: CommandSpec, rest: string | null) {
  const values: Partial<Record<OptionName, string | number>> = {};
  // A password may hold `=`, so a line that starts with one has no options.
  if (Object.values(spec.parameters)[0] === "secret") return { values, rest };

  let left = rest;
  while (left !== null) {
    const [token, after] = cut(left);
    const equals = token.indexOf("=");
    if (equals < 0) break;
    const option = token.slice(0, equals);
    if (!isOptionOf(spec, option)) return refusal("unknown-option", { command: name, option: shortened(token) });
    if (values[option] !== undefined) return refusal("repeated-option", { option });
    const { expected, parse } = optionKinds[option];
    const value = parse(token.slice(equals + 1));
    if (value === null) return refusal("bad-option", { option, expected });
    values[option] = value;
    left = after;
  }
  if (values.limit !== undefined && values.last !== undefined) {
    return refusal("conflicting-options", { option: "limit", other: "last" });
  }
  return { values, rest: left };
}

function readParameters(name: CommandName, spec: CommandSpec, rest: string | null) {
  const kinds = Object.entries(spec.parameters);
  const tokens = tokensOf(rest, kinds);
  // How many there are is looked at before what they are: a password with a space in it is one word too many.
  if (!tokens) return refusal("usage", { command: name });

  const values: Record<string, unknown> = {};
  for (const [index, [parameter, kind]] of kinds.entries()) {
    const token = tokens[index];
    if (token === "") return refusal(kind === "text" ? "empty-message" : "usage", { command: name });
    const value = token === undefined ? null : parameterKinds[kind](token);
    if (token !== undefined && value === null) return refusal(badParameter[kind], { command: name, parameter });
    values[parameter] = value;
  }
  return { values };
}

/** One token for each parameter, of which a topic may be missing. @returns null where there are too few or too many */
function tokensOf(rest: string | null, kinds: [string, ParameterKind][]): string[] | null {
  const tokens: string[] = [];
  let left = rest;
  for (const [, kind] of kinds) {
    if (left === null) return kind === "topic" ? tokens : null;
    const [token, after]: [string, string | null] = kind === "text" ? [left, null] : cut(left);
    tokens.push(token);
    left = after;
  }
  return left === null ? tokens : null;
}

const parameterKinds = {
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
} as const satisfies { [K in ParameterKind]: (text: string) => ParameterKinds[K] | null };

const badParameter = {
  name: "bad-name",
  address: "bad-address",
  password: "bad-password",
  secret: "usage",
  topic: "unknown-command",
  reference: "usage",
  realm: "bad-realm",
  id: "usage",
  text: "empty-message",
} as const satisfies Record<ParameterKind, ErrorCode>;

const optionKinds: Record<OptionName, { expected: ExpectedValue; parse: (text: string) => string | number | null }> = {
  key: { expected: "key", parse: (text) => (keyPattern.test(text) ? text : null) },
  after: { expected: "id", parse: wholeNumber(0, Number.MAX_SAFE_INTEGER) },
  before: { expected: "id", parse: wholeNumber(0, Number.MAX_SAFE_INTEGER) },
  limit: { expected: "rows", parse: wholeNumber(1, limits.pageMaxRows) },
  last: { expected: "rows", parse: wholeNumber(1, limits.pageMaxRows) },
  wait: { expected: "seconds", parse: wholeNumber(0, limits.waitMaxSeconds) },
  mode: { expected: "mode", parse: oneOf("open", "private") },
  kind: { expected: "kind", parse: oneOf("private", "group") },
  all: { expected: "yes", parse: oneOf("yes") },
};

/** Visible ASCII (VCHAR of RFC 5234) but `=`, which would make an option of a key that stands alone. */
const keyPattern = new RegExp(`^[!-<>-~]{1,${limits.keyMaxChars}}$`);

function oneOf(...words: string[]) {
  return (text: string): string | null => (words.includes(text) ? text : null);
}

function wholeNumber(least: number, most: number) {
  return (text: string): number | null => {
    if (!/^\d{1,16}$/.test(text)) return null;
    const value = Number(text);
    return value >= least && value <= most ? value : null;
  };
}

/** Case is folded in ASCII only: Unicode folding would turn the Kelvin sign into the letter k. */
function commandNamed(word: string): CommandName | null {
  const name = word.toLowerCase();
  return /^[A-Za-z]+$/.test(word) && isCommandName(name) ? name : null;
}

/** As much of a word as is needed to know it again. */
function shortened(word: string): string {
  const chars = [...word];
  return chars.length > limits.errorEchoMaxChars ? `${chars.slice(0, limits.errorEchoMaxChars).join("")}…` : word;
}

function isOptionOf(spec: CommandSpec, option: string): option is OptionName {
  return (spec.options as readonly string[]).includes(option);
}

/** Cuts at the first space: the token before it, and what stands after it, or null where there is no space. */
function cut(text: string): [token: string, rest: string | null] {
  const space = text.indexOf(" ");
  return space < 0 ? [text, null] : [text.slice(0, space), text.slice(space + 1)];
}

function refusal(error: ErrorCode, details: ErrorDetails): ParseFailure {
  return { error, details };
}

function refuse(error: ErrorCode, details: ErrorDetails): ParseResult {
  return { ok: false, error, details };
}
