import type { Address, Name, RealmName } from "./names.ts";

/**
 * The commands: what each takes, and who may give it. Grammar, usage lines, help and the types of a parsed
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
  /** The number or the key of a message sent. */
  reference: string;
  /** Another realm. */
  realm: RealmName;
  /** How far a reader has come: a message's number. */
  id: number;
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
  mode: GroupMode;
  kind: ConversationKind;
  all: "yes";
}

/** An open group is everybody's; of a private one, nobody else learns that it exists. */
export type GroupMode = "open" | "private";
export type ConversationKind = "private" | "group";

export type OptionName = keyof OptionValues;
export type ParameterKind = keyof ParameterKinds;

export interface CommandSpec {
  /** In order; the value names the kind, the key the field of the parsed command and the label of the usage line. */
  parameters: Readonly<Record<string, ParameterKind>>;
  options: readonly OptionName[];
  /** Who may give it. */
  by: "anyone" | "user" | "operator";
}

const range = ["after", "before", "limit", "last"] as const;
const page = [...range, "wait"] as const;

export const commands = {
  register: { parameters: { account: "name", password: "password" }, options: [], by: "anyone" },
  auth: { parameters: { account: "name", password: "secret" }, options: [], by: "anyone" },
  sendprivate: { parameters: { to: "address", text: "text" }, options: ["key"], by: "user" },
  inbox: { parameters: {}, options: page, by: "user" },
  creategroup: { parameters: { group: "name" }, options: ["mode"], by: "user" },
  sendgroup: { parameters: { group: "address", text: "text" }, options: ["key"], by: "user" },
  inboxgroup: { parameters: { group: "address" }, options: page, by: "user" },
  sent: { parameters: {}, options: range, by: "user" },
  status: { parameters: { reference: "reference" }, options: [], by: "user" },
  threads: { parameters: {}, options: [], by: "user" },
  thread: { parameters: { with: "address" }, options: page, by: "user" },
  read: { parameters: { address: "address", id: "id" }, options: ["kind"], by: "user" },
  joingroup: { parameters: { group: "address" }, options: [], by: "user" },
  leavegroup: { parameters: { group: "address" }, options: [], by: "user" },
  groups: { parameters: {}, options: [], by: "user" },
  members: { parameters: { group: "address" }, options: [], by: "user" },
  invite: { parameters: { group: "address", member: "address" }, options: [], by: "user" },
  kick: { parameters: { group: "address", member: "address" }, options: [], by: "user" },
  help: { parameters: { topic: "topic" }, options: [], by: "anyone" },
  whoami: { parameters: {}, options: [], by: "user" },
  sessions: { parameters: {}, options: [], by: "user" },
  passwd: { parameters: { old: "secret", new: "password" }, options: [], by: "user" },
  logout: { parameters: {}, options: ["all"], by: "user" },
  realms: { parameters: {}, options: [], by: "user" },
  retry: { parameters: { realm: "realm" }, options: [], by: "operator" },
  peertest: { parameters: { realm: "realm" }, options: [], by: "operator" },
  rotatekey: { parameters: {}, options: [], by: "operator" },
} as const satisfies Record<string, CommandSpec>;

type Specs = typeof commands;
export type CommandName = keyof Specs;

type Parameters<S extends CommandSpec> = { -readonly [P in keyof S["parameters"]]: ParameterKinds[S["parameters"][P]] };
type Options<S extends CommandSpec> = { [O in S["options"][number]]?: OptionValues[O] };

/** A parsed command: every value in it has been checked and may be trusted. */
export type CommandOf<N extends CommandName> = {
  [M in N]: { name: M; options: Options<Specs[M]> } & Parameters<Specs[M]>;
}[N];
type CommandsBy<B extends CommandSpec["by"]> = {
  [N in CommandName]: Specs[N]["by"] extends B ? N : never;
}[CommandName];
export type OperatorCommand = CommandOf<CommandsBy<"operator">>;
export type UserCommand = CommandOf<CommandsBy<"user">>;
export type Command = CommandOf<CommandName>;

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(commands, text);
}

/** The options of a command that reads a log page by page. */
export type PageOptions = Options<Specs["inbox"]>;
