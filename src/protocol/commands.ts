import type { Address, Name } from "./names.ts";

/**
 * The commands: what each takes, and whether it needs a session. Grammar, usage lines, help and the types of a parsed
 * command all come from this one table, in this order.
 */
export interface ParameterKinds {
  /** An account or group of this realm. */
  name: Name;
  /** `name` or `name@realm`. */
  address: Address;
  /** A password to be set: its length is checked. */
  password: string;
  /** A password to be compared: any length, since a wrong one is simply wrong. */
  secret: string;
  /** The name of a command, for `help`. */
  topic: CommandName | null;
  /** The rest of the line, verbatim. */
  text: string;
}

export interface OptionValues {
  key: string;
  after: number;
  before: number;
  limit: number;
  last: number;
  wait: number;
  mode: "open";
  all: "yes";
}

export type OptionName = keyof OptionValues;
export type ParameterKind = keyof ParameterKinds;

export interface CommandSpec {
  /** In order; the value names the kind, the key the field of the parsed command and the label of the usage line. */
  parameters: Readonly<Record<string, ParameterKind>>;
  options: readonly OptionName[];
  session: boolean;
}

const page = ["after", "before", "limit", "last", "wait"] as const;

export const commands = {
  register: { parameters: { account: "name", password: "password" }, options: [], session: false },
  auth: { parameters: { account: "name", password: "secret" }, options: [], session: false },
  sendprivate: { parameters: { to: "address", text: "text" }, options: ["key"], session: true },
  inbox: { parameters: {}, options: page, session: true },
  creategroup: { parameters: { group: "name" }, options: ["mode"], session: true },
  sendgroup: { parameters: { group: "address", text: "text" }, options: ["key"], session: true },
  inboxgroup: { parameters: { group: "address" }, options: page, session: true },
  help: { parameters: { topic: "topic" }, options: [], session: false },
  whoami: { parameters: {}, options: [], session: true },
  sessions: { parameters: {}, options: [], session: true },
  passwd: { parameters: { old: "secret", new: "password" }, options: [], session: true },
  logout: { parameters: {}, options: ["all"], session: true },
} as const satisfies Record<string, CommandSpec>;

type Specs = typeof commands;
export type CommandName = keyof Specs;

type Parameters<S extends CommandSpec> = { -readonly [P in keyof S["parameters"]]: ParameterKinds[S["parameters"][P]] };
type Options<S extends CommandSpec> = { [O in S["options"][number]]?: OptionValues[O] };

/** A parsed command: every value in it has been checked and may be trusted. */
export type CommandOf<N extends CommandName> = { name: N; options: Options<Specs[N]> } & Parameters<Specs[N]>;
export type Command = { [N in CommandName]: CommandOf<N> }[CommandName];

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(commands, text);
}

/** The options of a command that reads a log page by page. */
export type Page = Options<Specs["inbox"]>;
