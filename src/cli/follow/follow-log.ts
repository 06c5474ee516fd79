import { CliError } from "../cli-error.ts";
import { isObject, UnreadableReply } from "../client/command-reply.ts";
import { readMessages } from "../client/read-pages.ts";
import type { RealmClient } from "../client/realm-client.ts";
import type { OptionSpec } from "../command-spec.ts";
import { requireOneWord } from "../commands/protocol-commands.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation, SessionAccess } from "../invocation.ts";
import type { MessageRow } from "../output/message-row.ts";
import { CursorFile } from "./cursor-file.ts";
import { CursorLock } from "./cursor-lock.ts";
import { MessageFeed } from "./message-feed.ts";

/** Options of every command that follows a log. */
export const followOptions: readonly OptionSpec[] = [
  {
    name: "group",
    short: "g",
    kind: "text",
    value: ["GROUP", "GROUP"],
    purpose: ["pesan group ini, bukan inbox", "messages of this group instead of the inbox"],
  },
  { name: "once", kind: "flag", purpose: ["berhenti setelah satu pesan", "stop after one message"] },
  {
    name: "after",
    kind: "number",
    value: ["ID", "ID"],
    purpose: [
      "mulai setelah id ini, bukan dari kursor; 0 berarti semua",
      "begin after this id and not at the cursor; 0 means all",
    ],
  },
  {
    name: "cursor",
    kind: "text",
    value: ["NAMA", "NAME"],
    purpose: [
      "nama kursor yang disimpan; tiap nama membaca sendiri",
      "name of the saved cursor; each name reads for itself",
    ],
  },
];

const fullAddressPattern = /^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*$/;

/** A log that is followed, with its cursor. */
export interface FollowedLog {
  client: RealmClient;
  access: SessionAccess;
  /** The full address of the account. */
  user: string;
  group: string | null;
  cursor: CursorFile;
  lock: CursorLock;
}

/**
 * Hands each message after the cursor to `consume`, which moves the cursor, until the program is stopped.
 *
 * @param reader the name of the cursor, unless `--cursor` gives another
 * @returns the exit code
 */
export async function followLog(
  invocation: Invocation,
  reader: string,
  consume: (message: MessageRow, log: FollowedLog) => Promise<void>,
): Promise<number> {
  const log = await openLog(invocation, reader);
  const limitMs = invocation.number("timeout");
  const over = limitMs === undefined ? null : AbortSignal.timeout(limitMs);
  const stop = over ? AbortSignal.any([over, invocation.stop]) : invocation.stop;
  try {
    const begin = await beginning(invocation, log);
    const { client, access, group } = log;
    const feed = new MessageFeed(
      {
        client: client.until(stop),
        origin: access.origin,
        token: access.token,
        group,
        hasEvents: group === null || (await isMember(client, group)),
        stop,
        note: (text, values) => invocation.printer.note(text, values),
      },
      begin,
    );
    for await (const message of feed.messages()) {
      await consume(message, log);
      if (invocation.flag("once")) return exitCodes.done;
    }
  } catch (error) {
    // A request that the end of the time has cut off is no failure of its own.
    if (!(error instanceof CliError && stop.aborted && error.isTemporary)) throw error;
  } finally {
    log.lock.release();
  }
  if (invocation.flag("once") && !invocation.stop.aborted) {
    throw new CliError(exitCodes.failed, "no-message", ["Tidak ada pesan yang datang", "No message has come"]);
  }
  return exitCodes.done;
}

/** Finds out whose log it is, and takes its cursor. */
export async function openLog(invocation: Invocation, reader: string): Promise<FollowedLog> {
  const { access, client } = invocation.session();
  const account = await client.data("whoami");
  const user = isObject(account) && typeof account.user === "string" ? account.user : "";
  // It becomes the name of a folder.
  if (!fullAddressPattern.test(user)) throw new UnreadableReply("whoami gives no full address");
  const name = invocation.text("group")?.toLowerCase() ?? null;
  if (name !== null) requireOneWord(name);
  const group = name === null || name.includes("@") ? name : `${name}@${user.slice(user.indexOf("@") + 1)}`;
  if (group !== null && !fullAddressPattern.test(group)) {
    throw new CliError(exitCodes.usage, "bad-address", ["Alamat tidak sah: {group}", "Bad address: {group}"], {
      group,
    });
  }
  const key = { user, log: group ?? "inbox", reader: invocation.text("cursor") ?? reader };
  const cursor = new CursorFile(invocation.io.env, key);
  const lock = await CursorLock.acquire(cursor, invocation.stop, () =>
    invocation.printer.note([
      "menunggu proses lain yang memakai kursor ini",
      "waiting for another process that uses this cursor",
    ]),
  );
  // A message that is in hand is finished after a signal, so only the second one ends these requests.
  return { client: client.until(invocation.kill), access, user, group, cursor, lock };
}

/** The id to begin after. The first time that is the newest message; it is saved at once, so that a crash loses nothing. */
async function beginning(invocation: Invocation, { client, group, cursor }: FollowedLog): Promise<number> {
  const given = invocation.number("after");
  if (given !== undefined) {
    cursor.save(given);
    return given;
  }
  const saved = cursor.load();
  const log = group === null ? { command: "inbox" } : { command: "inboxgroup", parameter: group };
  const [newest] = await readMessages(client, { ...log, last: 1 });
  if (saved === null) {
    cursor.save(newest?.id ?? 0);
    return newest?.id ?? 0;
  }
  if (newest && newest.id < saved) {
    throw new CliError(
      exitCodes.failed,
      "cursor-ahead",
      [
        "Kursor {saved} melebihi pesan terakhir {newest}: server ini menyimpan pesan lain. Pakai --after 0",
        "The cursor {saved} is beyond the newest message {newest}: this server has other messages. Use --after 0",
      ],
      { saved, newest: newest.id },
    );
  }
  return saved;
}

async function isMember(client: RealmClient, group: string): Promise<boolean> {
  const groups = await client.data("groups");
  return (
    Array.isArray(groups) &&
    groups.some((row) => isObject(row) && row.group === group && (row.role === "owner" || row.role === "member"))
  );
}
