import type { Address, Name, RealmName } from "./names.ts";

/** The type of each kind of parameter after parsing. */
export interface ParameterKinds {
  /** An account or group of this realm. */
  name: Name;
  /** `name` or `name@realm`. */
  address: Address;
  /** A new password, with its length checked. */
  password: string;
  /** A password to compare. Its length is not checked: a wrong length is a wrong password. */
  secret: string;
  /** The name of a command, for `help`; null without one. */
  topic: CommandName | null;
  /** The `Message-Id` or the key of a sent message. */
  reference: string;
  realm: RealmName;
  /** The id of a message, for a read marker. */
  id: number;
  /** The rest of the line, verbatim. */
  text: string;
  /** The same; null without one. */
  reason: string | null;
  /** An account of this realm, or `@realm`. */
  target: BanTarget;
  /** An account of any realm, or `@realm`. */
  contact: Address | { name: null; realm: RealmName };
  level: number;
  /** A message of the own inbox, or of a group. */
  reported: { group: Address | null; id: number };
}

export type BanTarget = { name: Name; realm: null } | { name: null; realm: RealmName };

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
  past: RealmName | Name;
  label: Name;
  scope: TokenScope;
  to: Address;
  /** Milliseconds. */
  expires: number;
  code: string;
  uses: number;
  requests: "on" | "off";
}

/** Every account can read an open group. A private group is hidden from all but its members and invited accounts. */
export type GroupMode = "open" | "private";
export type ConversationKind = "private" | "group";

/** What a token may do: read, send, or everything but what only the password's owner may do. */
export type TokenScope = "read" | "send" | "all";

export type OptionName = keyof OptionValues;
export type ParameterKind = keyof ParameterKinds;

export interface CommandSpec {
  /** In the order of the line. A key is the field of the parsed command and selects the label of the usage line. */
  parameters: Readonly<Record<string, ParameterKind>>;
  options: readonly OptionName[];
  /** Who may send it. */
  by: "anyone" | "user" | "operator";
  /**
   * What a token needs for it: this scope or `all`. `any`: every token may send it. `owner`: none, only a session or the password.
   * For commands of users.
   */
  scope?: TokenScope | "any" | "owner";
  /** It reaches others, so a banned account may not send it. */
  reachesOthers?: true;
}

const range = ["after", "before", "limit", "last"] as const;
const page = [...range, "wait"] as const;

/** Every command. Grammar, usage lines, help and the types of parsed commands come from this table, in its order. */
export const commands = {
  register: { parameters: { account: "name", password: "password" }, options: ["code"], by: "anyone" },
  auth: { parameters: { account: "name", password: "secret" }, options: [], by: "anyone" },
  sendprivate: {
    parameters: { to: "address", text: "text" },
    options: ["key"],
    by: "user",
    scope: "send",
    reachesOthers: true,
  },
  inbox: { parameters: {}, options: page, by: "user", scope: "read" },
  creategroup: { parameters: { group: "name" }, options: ["mode"], by: "user", scope: "all", reachesOthers: true },
  sendgroup: {
    parameters: { group: "address", text: "text" },
    options: ["key"],
    by: "user",
    scope: "send",
    reachesOthers: true,
  },
  inboxgroup: { parameters: { group: "address" }, options: page, by: "user", scope: "read" },
  sent: { parameters: {}, options: range, by: "user", scope: "read" },
  status: { parameters: { reference: "reference" }, options: [], by: "user", scope: "read" },
  threads: { parameters: {}, options: ["after", "before", "limit"], by: "user", scope: "read" },
  thread: { parameters: { with: "address" }, options: page, by: "user", scope: "read" },
  read: { parameters: { address: "address", id: "id" }, options: ["kind"], by: "user", scope: "read" },
  joingroup: { parameters: { group: "address" }, options: [], by: "user", scope: "all", reachesOthers: true },
  leavegroup: { parameters: { group: "address" }, options: [], by: "user", scope: "all" },
  groups: { parameters: {}, options: [], by: "user", scope: "read" },
  members: { parameters: { group: "address" }, options: [], by: "user", scope: "read" },
  invite: {
    parameters: { group: "address", member: "address" },
    options: [],
    by: "user",
    scope: "all",
    reachesOthers: true,
  },
  kick: {
    parameters: { group: "address", member: "address" },
    options: [],
    by: "user",
    scope: "all",
    reachesOthers: true,
  },
  block: { parameters: { target: "contact" }, options: [], by: "user", scope: "all" },
  unblock: { parameters: { target: "contact" }, options: [], by: "user", scope: "all" },
  blocks: { parameters: {}, options: [], by: "user", scope: "all" },
  setting: { parameters: {}, options: ["requests"], by: "user", scope: "all" },
  requests: { parameters: {}, options: [], by: "user", scope: "read" },
  accept: { parameters: { sender: "address" }, options: [], by: "user", scope: "all" },
  report: { parameters: { reported: "reported", reason: "reason" }, options: [], by: "user", scope: "all" },
  help: { parameters: { topic: "topic" }, options: [], by: "anyone" },
  whoami: { parameters: {}, options: [], by: "user", scope: "any" },
  sessions: { parameters: {}, options: [], by: "user", scope: "all" },
  "token new": { parameters: {}, options: ["label", "scope", "to", "expires"], by: "user", scope: "owner" },
  tokens: { parameters: {}, options: [], by: "user", scope: "all" },
  "token revoke": { parameters: { label: "name" }, options: [], by: "user", scope: "owner" },
  passwd: { parameters: { old: "secret", new: "password" }, options: [], by: "user", scope: "owner" },
  unregister: { parameters: { password: "secret" }, options: [], by: "user", scope: "owner" },
  logout: { parameters: {}, options: ["all"], by: "user", scope: "all" },
  realms: { parameters: {}, options: ["past", "limit"], by: "user", scope: "read" },
  retry: { parameters: { realm: "realm" }, options: [], by: "operator" },
  peertest: { parameters: { realm: "realm" }, options: [], by: "operator" },
  rotatekey: { parameters: {}, options: [], by: "operator" },
  invitecode: { parameters: {}, options: ["uses", "expires"], by: "operator" },
  invitecodes: { parameters: {}, options: [], by: "operator" },
  revokecode: { parameters: { code: "reference" }, options: [], by: "operator" },
  resetpassword: { parameters: { account: "name" }, options: [], by: "operator" },
  stats: { parameters: {}, options: [], by: "operator" },
  accounts: { parameters: {}, options: ["past", "limit"], by: "operator" },
  ban: { parameters: { target: "target", reason: "reason" }, options: [], by: "operator" },
  unban: { parameters: { target: "target" }, options: [], by: "operator" },
  bans: { parameters: {}, options: [], by: "operator" },
  lockdown: { parameters: { level: "level" }, options: [], by: "operator" },
  reports: { parameters: {}, options: ["after", "limit"], by: "operator" },
  notice: { parameters: { text: "text" }, options: [], by: "operator" },
  audit: { parameters: {}, options: ["after", "limit"], by: "operator" },
  operators: { parameters: {}, options: [], by: "operator" },
  "operator add": { parameters: { account: "name" }, options: [], by: "operator" },
  "operator remove": { parameters: { account: "name" }, options: [], by: "operator" },
  emptyaccount: { parameters: { account: "name" }, options: [], by: "operator" },
} as const satisfies Record<string, CommandSpec>;

type Specs = typeof commands;
export type CommandName = keyof Specs;

type Parameters<S extends CommandSpec> = { -readonly [P in keyof S["parameters"]]: ParameterKinds[S["parameters"][P]] };
type Options<S extends CommandSpec> = { [O in S["options"][number]]?: OptionValues[O] };

/** A parsed command. The grammar has checked all its values. */
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

/** The options of a command that reads pages of a log. */
export type PageOptions = Options<Specs["inbox"]>;
