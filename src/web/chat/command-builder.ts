import type { ConversationKind } from "../../protocol/commands.ts";

/** Maximum size of a command in bytes. The server closes a socket that sends a larger one. */
export const commandMaxBytes = 64 * 1024;

/** @param key makes a retry safe: the server stores a message once for each key */
export function sendCommand(kind: ConversationKind, to: string, text: string, key?: string): string {
  const name = kind === "private" ? "sendprivate" : "sendgroup";
  const command = `${name} ${key === undefined ? "" : `key=${key} `}${to} ${text}`;
  // The server drops one line end at the end of a command, so a text that ends with one needs a second.
  return text.endsWith("\n") ? `${command}\n` : command;
}

/** Reads a part of a conversation; `range` such as `last=50 before=17`. */
export function historyCommand(kind: ConversationKind, address: string, range: string): string {
  return `${kind === "private" ? "thread" : "inboxgroup"} ${range} ${address}`;
}

export function markReadCommand(kind: ConversationKind, address: string, id: number): string {
  return `read kind=${kind} ${address} ${id}`;
}

export function fitsCommandLimit(command: string): boolean {
  // The first check spares encoding a very long text.
  return command.length <= commandMaxBytes && new TextEncoder().encode(command).length <= commandMaxBytes;
}
