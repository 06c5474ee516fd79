import { type CommandReply, isObject } from "../client/command-reply.ts";
import { isMessageRow, type MessageRow } from "../output/message-row.ts";
import type { Dialect, TcpSession, UpstreamRequest } from "./dialect.ts";
import { type TcpReply, tcpReply } from "./tcp-reply.ts";

/**
 * The dialect of older programs of this protocol's family. They send the token as the second word of a line and two spaces where
 * one would do, and they look for other members in a reply. Each reply has the members of all of them.
 */
export const progjarDialect: Dialect = {
  request(bytes, session) {
    const text = decode(bytes);
    // The realm answers that the bytes are not UTF-8.
    return text === null ? { line: bytes, token: session?.token ?? null } : requestOf(text, session);
  },

  async reply(request, reply, ownAddress) {
    const plain = tcpReply(reply);
    const message = typeof reply.data === "string" ? reply.data : "OK";
    if (!reply.ok) return { ...plain, message };
    const own = hasAccount(reply) ? addressIn(reply.data) : isRead(request) ? await ownAddress() : null;
    return {
      ...plain,
      message,
      ...messagesOf(request, reply, own ?? ""),
      ...tokenOf(reply),
      ...(own && { realm_id: own.slice(own.indexOf("@") + 1) }),
    };
  },
};

function requestOf(text: string, session: TcpSession | null): UpstreamRequest {
  const [word = "", ...rest] = wordsOf(text.endsWith(" ") ? text.slice(0, -1) : text, 1);
  const command = word.toLowerCase();
  // Some programs also send a country or a full name.
  if (command === "register")
    return { line: ["register", ...wordsOf(rest.join(" "), 2).slice(0, 2)].join(" "), token: null };
  if (command === "auth") return { line: ["auth", ...wordsOf(rest.join(" "), 2)].join(" "), token: null };

  const [second = "", behind] = wordsOf(rest.join(" "), 1);
  const hasToken = second.startsWith("rnh_");
  const token = hasToken ? second : (session?.token ?? null);
  const parameters = hasToken ? (behind ?? "") : rest.join(" ");
  return { line: lineOf(command === "send" ? "sendprivate" : command, word, parameters), token };
}

function lineOf(command: string, word: string, parameters: string): string {
  if (parameters === "") return command;
  const [first = "", text] = wordsOf(parameters, 1);
  // `inbox` of one other account is a conversation.
  if (command === "inbox" && text === undefined && !first.includes("=")) return `thread ${first}`;
  if (command === "sendprivate" || command === "sendgroup") {
    return text === undefined ? `${command} ${first}` : `${command} ${first} ${text}`;
  }
  return `${command === word.toLowerCase() ? word : command} ${parameters}`;
}

/** The first `count` words and the rest. A separator is one space, and at most one more is dropped. */
function wordsOf(text: string, count: number): string[] {
  const words: string[] = [];
  let rest = text;
  while (words.length < count) {
    const space = rest.indexOf(" ");
    if (space < 0) break;
    words.push(rest.slice(0, space));
    rest = rest.slice(space + (rest[space + 1] === " " ? 2 : 1));
  }
  return rest === "" && words.length > 0 ? words : [...words, rest];
}

function messagesOf({ line }: UpstreamRequest, { data }: CommandReply, own: string): TcpReply {
  if (!Array.isArray(data)) return {};
  const rows: MessageRow[] = data.filter(isMessageRow);
  const command = String(line).split(" ", 1)[0];
  if (command === "inboxgroup" || command === "thread") {
    return { messages: rows.map(({ from, text }) => ({ sender: from, message: text })) };
  }
  if (command !== "inbox") return {};
  const bySender = Map.groupBy(rows, ({ from }) => from);
  const messages = [...bySender].map(([sender, each]) => [
    sender,
    each.map(({ from, text }) => ({ msg_from: from, msg_to: own, msg: text })),
  ]);
  return { messages: Object.fromEntries(messages) };
}

function tokenOf({ data }: CommandReply): TcpReply {
  if (!isObject(data) || typeof data.token !== "string") return {};
  return { tokenid: data.token, token_id: data.token };
}

function isRead({ line }: UpstreamRequest): boolean {
  return /^(inbox|inboxgroup|thread)\b/.test(String(line));
}

function hasAccount({ data }: CommandReply): boolean {
  return isObject(data) && typeof data.user === "string";
}

function addressIn(data: unknown): string | null {
  return isObject(data) && typeof data.user === "string" ? data.user : null;
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
