import {
  type CommandName,
  commands,
  type ParameterKind,
  type CommandSpec as ProtocolSpec,
} from "../../protocol/commands.ts";
import { helpEntry, type Language, usageLine } from "../../protocol/texts.ts";
import { CliError } from "../cli-error.ts";
import { isObject } from "../client/command-reply.ts";
import { type PageQuery, readPages } from "../client/read-pages.ts";
import type { ArgumentSpec, CommandSection, CommandSpec, Example, OptionSpec } from "../command-spec.ts";
import { exitCodeOfState, exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import type { Text } from "../language.ts";
import { PasswordReader } from "../session/ask-password.ts";

/** Commands of the protocol that have a command of the program of their own, and `help`, which the program gives itself. */
const withOwnCommand: ReadonlySet<string> = new Set<CommandName>([
  ...(["register", "auth", "sendprivate", "inbox", "sendgroup", "inboxgroup", "help", "passwd", "logout"] as const),
]);

/** Shorter names, and where help shows a command. Every other command of the protocol has its own name. */
const presentation: Partial<Record<CommandName, { name?: string; section?: CommandSection; examples?: Example[] }>> = {
  creategroup: {
    name: "create",
    section: "groups",
    examples: [
      {
        line: "ranah create --mode private rahasia",
        purpose: ["hanya untuk yang diundang", "for invited members only"],
      },
    ],
  },
  joingroup: { name: "join", section: "groups" },
  leavegroup: { name: "leave", section: "groups" },
  groups: {
    section: "groups",
    examples: [{ line: "ranah groups --json | jq -r .group", purpose: ["alamat group saja", "only the addresses"] }],
  },
  members: { section: "groups" },
  invite: { section: "groups" },
  kick: { section: "groups" },
  sent: { section: "messages" },
  status: {
    section: "messages",
    examples: [
      {
        line: "while ranah status invoice-7; [ $? = 75 ]; do sleep 60; done",
        purpose: [
          "menunggu sampai terkirim; kode keluar 0, 75 atau 69",
          "wait until it is delivered; the exit code is 0, 75 or 69",
        ],
      },
    ],
  },
  threads: { section: "messages" },
  thread: { section: "messages" },
  read: { section: "messages" },
};

const pagedLogs: ReadonlySet<string> = new Set<CommandName>(["sent", "thread"]);

/** A command of the program for each other command of the protocol, also for those that later versions add. */
export function protocolCommands(): CommandSpec[] {
  return (Object.keys(commands) as CommandName[]).filter((name) => !withOwnCommand.has(name)).map(specOf);
}

function specOf(command: CommandName): CommandSpec {
  const spec: ProtocolSpec = commands[command];
  const own = presentation[command] ?? {};
  const { parameters, options } = partsOf(command);
  return {
    name: own.name ?? command.replace(" ", "-"),
    section: own.section ?? (spec.by === "operator" ? "operator" : "account"),
    purpose: both((language) => helpEntry(command, language).purpose),
    arguments: parameters.filter((_, index) => !isSecret(spec, index)),
    options,
    ...(spec.by === "operator" && {
      remarks: [
        "Perlu token operator: RANAH_URL dan RANAH_TOKEN.",
        "It needs the operator token: RANAH_URL and RANAH_TOKEN.",
      ] as const,
    }),
    examples: own.examples ?? [],
    run: (invocation) => run(command, spec, parameters, options, invocation),
  };
}

async function run(
  command: CommandName,
  spec: ProtocolSpec,
  parameters: readonly ArgumentSpec[],
  options: readonly OptionSpec[],
  invocation: Invocation,
): Promise<number> {
  const words = [...invocation.args];
  const kinds = Object.values(spec.parameters).filter((_, index) => !isSecret(spec, index));
  for (const [index, word] of words.entries()) if (!isText(kinds[index])) requireOneWord(word);
  const secrets = new PasswordReader({ ...invocation.io, command: undefined, timeoutMs: invocation.timeoutMs });
  const values: string[] = [];
  for (const [index, parameter] of parameters.entries()) {
    const label = parameter.name[invocation.language === "id" ? 0 : 1];
    const value = isSecret(spec, index) ? await secrets.read(`${label}: `) : words.shift();
    if (value !== undefined) values.push(value);
  }
  if (pagedLogs.has(command)) return printPages(command, values[0], invocation);

  const given = options.flatMap(({ name, kind }) => {
    const value = kind === "flag" ? (invocation.flag(name) ? "yes" : undefined) : invocation.text(name);
    if (value !== undefined) requireOneWord(value);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const client = spec.by === "operator" ? invocation.client() : invocation.session().client;
  const waitSeconds = Number(invocation.text("wait") ?? 0);
  const data = await client.data([command, ...given, ...values].join(" "), { waitMs: waitSeconds * 1000 || 0 });
  await invocation.printer.result(data);
  return command === "status" ? exitCodeOfStatus(data) : exitCodes.done;
}

/** `status` also exits as the send itself would. */
function exitCodeOfStatus(data: unknown): number {
  const state = isObject(data) ? data.state : null;
  return state === "queued" || state === "failed" ? exitCodeOfState(state) : exitCodes.done;
}

/** Reads a log in pages and prints each. */
export async function printPages(
  command: string,
  parameter: string | undefined,
  invocation: Invocation,
): Promise<number> {
  const { client } = invocation.session();
  for await (const page of readPages(client, { command, parameter, ...rangeOf(invocation) })) {
    await invocation.printer.result(page);
  }
  return exitCodes.done;
}

export function rangeOf(invocation: Invocation): Omit<PageQuery, "command" | "parameter"> {
  const number = (name: string) => {
    const value = invocation.number(name) ?? invocation.text(name);
    if (value !== undefined && !/^\d{1,16}$/.test(String(value))) throw badOption(name);
    return value === undefined ? undefined : Number(value);
  };
  return {
    after: number("after"),
    before: number("before"),
    limit: number("limit"),
    last: number("last"),
    wait: number("wait"),
  };
}

/** Arguments and options of a command, read from its usage lines. */
export function partsOf(command: CommandName): { parameters: ArgumentSpec[]; options: OptionSpec[] } {
  const [id, en] = (["id", "en"] as const).map((language) => usageLine(command, language));
  const labels = (line = "") => [...line.matchAll(/\[([^\]]+)\]/g)].map(([, label = ""]) => label);
  const forms = (line = "") =>
    [...line.matchAll(/\{(\w+)=([^}]+)\}/g)].map(([, name = "", form = ""]) => ({ name, form }));
  const kinds = Object.values(commands[command].parameters) as ParameterKind[];
  const english = labels(en);
  const englishForms = forms(en);
  return {
    parameters: labels(id).map((label, index) => ({
      name: [label, english[index] ?? label],
      required: kinds[index] !== "reason",
    })),
    options: forms(id).map(({ name, form }, index) => optionOf(name, [form, englishForms[index]?.form ?? form])),
  };
}

function optionOf(name: string, value: Text): OptionSpec {
  const purpose: Text = optionPurposes[name] ?? [`opsi ${name}= dari protokol`, `option ${name}= of the protocol`];
  if (value[0] === "yes") return { name, kind: "flag", purpose };
  return { name, kind: "text", value, ...(value[0].includes("|") && { choices: value[0].split("|") }), purpose };
}

const optionPurposes: Record<string, Text> = {
  after: ["hanya setelah id ini", "only after this id"],
  before: ["hanya sebelum id ini", "only before this id"],
  limit: ["paling banyak sekian, yang tertua", "at most so many, the oldest"],
  last: ["paling banyak sekian, yang terbaru", "at most so many, the newest"],
  wait: ["menunggu sekian detik bila kosong", "wait so many seconds while there is nothing"],
  past: ["hanya setelah nama ini", "only after this name"],
  requests: ["apakah pengirim baru dari realm lain menunggu", "whether new senders of other realms wait"],
  label: ["nama token", "the name of the token"],
  scope: ["apa yang boleh", "what it may do"],
  to: ["satu-satunya tujuan, dengan scope=send", "the only recipient, with scope=send"],
  expires: ["berlaku sekian lama", "how long it is valid"],
  mode: ["siapa yang boleh membaca", "who may read it"],
  kind: ["apa yang dimaksud alamat", "what the address names"],
};

function both(of: (language: Language) => string): Text {
  return [of("id"), of("en")];
}

/** The rest of a line: its spaces belong to it. */
function isText(kind: ParameterKind | undefined): boolean {
  return kind === "text" || kind === "reason";
}

function isSecret(spec: ProtocolSpec, index: number): boolean {
  const kind = Object.values(spec.parameters)[index];
  return kind === "password" || kind === "secret";
}

/** A space or a line end in a parameter would make it two. */
export function requireOneWord(word: string): void {
  if (word === "" || /[ \r\n]/.test(word)) {
    throw new CliError(exitCodes.usage, "usage", ["Bukan satu kata: {word}", "Not one word: {word}"], {
      word: JSON.stringify(word),
    });
  }
}

function badOption(name: string): CliError {
  return new CliError(
    exitCodes.usage,
    "bad-option",
    ["Nilai --{name} harus bilangan bulat", "The value of --{name} must be a whole number"],
    { name },
  );
}
