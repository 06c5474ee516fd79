import type { Kind } from "./reply-parser.ts";

/** What a command line may weigh, with everything in it; a socket that brings more is closed. */
export const commandMaxBytes = 64 * 1024;

/** The command that sends a message. A key makes it safe to be sent again. */
export function sendCommand(kind: Kind, to: string, text: string, key?: string): string {
  const name = kind === "private" ? "sendprivate" : "sendgroup";
  const line = `${name} ${key === undefined ? "" : `key=${key} `}${to} ${text}`;
  // One line end at the end of a command is dropped, so a text that ends with one brings a second.
  return text.endsWith("\n") ? `${line}\n` : line;
}

/** The command that reads a part of a conversation; `range` such as `last=50 before=17`. */
export function readCommand(kind: Kind, address: string, range: string): string {
  return `${kind === "private" ? "thread" : "inboxgroup"} ${range} ${address}`;
}

export function markCommand(kind: Kind, address: string, id: number): string {
  return `read kind=${kind} ${address} ${id}`;
}

export function fits(command: string): boolean {
  return command.length <= commandMaxBytes && new TextEncoder().encode(command).length <= commandMaxBytes;
}
