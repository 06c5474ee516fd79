import { createInterface } from "node:readline/promises";
import { CliError } from "../cli-error.ts";
import { isObject } from "../client/command-reply.ts";
import { HttpConnection } from "../client/http-connection.ts";
import { isLoopback } from "../client/localhost-lookup.ts";
import { errorOfReply, type FinalReply, RealmClient } from "../client/realm-client.ts";
import type { CommandSpec, OptionSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { textIn } from "../language.ts";
import { PasswordReader } from "../session/ask-password.ts";
import { parseOrigin } from "../session/realm-access.ts";
import { requireOneWord } from "./protocol-commands.ts";

const passwordCommand: OptionSpec = {
  name: "password-command",
  kind: "text",
  value: ["COMMAND", "COMMAND"],
  purpose: ["baris pertama keluarannya adalah password", "the first line of its output is the password"],
};

const accountArguments = [
  { name: ["url", "url"], required: false },
  { name: ["nama pengguna", "user name"], required: false },
] as const;

export const loginCommand: CommandSpec = {
  name: "login",
  section: "access",
  purpose: ["login dan menyimpan sesi", "log in and keep the session"],
  arguments: accountArguments,
  options: [passwordCommand],
  remarks: [
    "Password ditanyakan di terminal, atau dibaca dari masukan standar. Sesi disimpan sebagai context dengan nama --context, atau nama@realm, dan menjadi yang dipakai.",
    "The password is asked on the terminal, or read from standard input. The session is kept as the context --context, or name@realm, and becomes the current one.",
  ],
  examples: [
    { line: "ranah login https://surabaya.example budi", purpose: ["password ditanyakan", "the password is asked"] },
    {
      line: "ranah login surabaya.example budi --password-command 'pass ranah'",
      purpose: ["dari pengelola password", "from a password manager"],
    },
    { line: "ranah login http://surabaya.localhost:8787 budi < password.txt", purpose: ["dari file", "from a file"] },
  ],
  run: (invocation) => logIn(invocation, false),
};

export const registerCommand: CommandSpec = {
  name: "register",
  section: "access",
  purpose: ["mendaftarkan akun baru dan login", "register a new account and log in"],
  arguments: accountArguments,
  options: [passwordCommand],
  examples: [
    {
      line: "ranah register https://surabaya.example budi",
      purpose: ["password ditanyakan dua kali", "the password is asked twice"],
    },
  ],
  run: (invocation) => logIn(invocation, true),
};

export const passwdCommand: CommandSpec = {
  name: "passwd",
  section: "account",
  purpose: ["mengganti password; sesi lain berakhir", "change the password; all other sessions end"],
  arguments: [],
  options: [],
  remarks: [
    "Tanpa terminal, baris pertama masukan standar adalah password lama dan baris kedua yang baru.",
    "Without a terminal, the first line of standard input is the old password and the second the new one.",
  ],
  examples: [{ line: "ranah passwd", purpose: ["ditanyakan di terminal", "asked on the terminal"] }],
  async run(invocation) {
    const { client } = invocation.session();
    const passwords = new PasswordReader({ ...invocation.io, command: undefined, timeoutMs: invocation.timeoutMs });
    const old = await passwords.read(textIn(invocation.language, ["Password lama: ", "Old password: "]));
    const fresh = await readNewPassword(passwords, invocation);
    await invocation.printer.result(await client.data(`passwd ${old} ${fresh}`));
    return exitCodes.done;
  },
};

export const logoutCommand: CommandSpec = {
  name: "logout",
  section: "access",
  purpose: ["mengakhiri sesi dan menghapus tokennya", "end the session and delete its token"],
  arguments: [],
  options: [{ name: "all", kind: "flag", purpose: ["mengakhiri semua sesi akun", "end all sessions of the account"] }],
  examples: [{ line: "ranah logout --all", purpose: ["keluar di semua perangkat", "log out on all devices"] }],
  async run(invocation) {
    const { access, client } = invocation.session();
    const reply = await client.command(invocation.flag("all") ? "logout all=yes" : "logout");
    // A session that has ended already needs no token either.
    if (!reply.ok && reply.error !== "session-ended") throw errorOfReply(reply);
    if (access.context !== null) invocation.contexts.remove(access.context);
    await invocation.printer.result(reply.data);
    return exitCodes.done;
  },
};

async function logIn(invocation: Invocation, registers: boolean): Promise<number> {
  const { printer, contexts, language } = invocation;
  const [url = invocation.text("url") ?? invocation.io.env.RANAH_URL, givenName] = invocation.args;
  if (!url) throw new CliError(exitCodes.usage, "usage", ["URL tidak ada", "There is no URL"]);
  const origin = parseOrigin(url);
  if (origin.protocol === "http:" && !isLoopback(origin.hostname)) {
    printer.note([
      "peringatan: lewat http: password dan pesan tidak terenkripsi",
      "warning: over http: the password and messages are not encrypted",
    ]);
  }
  const name = givenName ?? (await askName(invocation));
  requireOneWord(name);
  const passwords = new PasswordReader({
    ...invocation.io,
    command: invocation.text("password-command"),
    timeoutMs: invocation.timeoutMs,
  });
  const password = registers
    ? await readNewPassword(passwords, invocation)
    : await passwords.read(textIn(language, ["Password: ", "Password: "]));

  const connection = new HttpConnection(origin);
  // A realm may let only its operator register accounts.
  const token = registers ? invocation.io.env.RANAH_TOKEN || null : null;
  const { timeoutMs } = invocation;
  const onRetry = (reason: string) => invocation.noteRetry(reason);
  const client = new RealmClient({ connection, token, language, timeoutMs, onRetry });
  try {
    if (registers) printer.note(String(await client.data(`register ${name} ${password}`)));
    const session = sessionOf(await client.command(`auth ${name} ${password}`));
    const context = invocation.text("context") ?? session.user;
    contexts.save({ name: context, url: origin.origin, ...session });
    contexts.choose(context);
    const { user } = session;
    await printer.say(["Login sebagai {user}", "Logged in as {user}"], { user }, { context, url: origin.origin, user });
    return exitCodes.done;
  } finally {
    connection.close();
  }
}

function sessionOf(reply: FinalReply): { user: string; token: string } {
  if (!reply.ok) throw errorOfReply(reply);
  const { user, token } = isObject(reply.data) ? reply.data : {};
  if (typeof user === "string" && typeof token === "string" && /^[!-~]+$/.test(token)) return { user, token };
  throw new CliError(exitCodes.broken, "unreadable-reply", [
    "Jawaban auth tidak terbaca",
    "The answer to auth cannot be read",
  ]);
}

async function askName({ io, language }: Invocation): Promise<string> {
  if (!io.stdin.isTTY) {
    throw new CliError(exitCodes.usage, "usage", ["Nama pengguna tidak ada", "There is no user name"]);
  }
  const reader = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return (await reader.question(textIn(language, ["Nama pengguna: ", "User name: "]))).trim();
  } finally {
    reader.close();
  }
}

/** A new password. On a terminal it is asked twice, because nobody sees what is typed. */
async function readNewPassword(passwords: PasswordReader, { language }: Invocation): Promise<string> {
  const password = await passwords.read(textIn(language, ["Password baru: ", "New password: "]));
  if (!passwords.isTerminal) return password;
  if ((await passwords.read(textIn(language, ["Sekali lagi: ", "Once more: "]))) === password) return password;
  throw new CliError(exitCodes.usage, "bad-password", ["Kedua password berbeda", "The two passwords differ"]);
}
