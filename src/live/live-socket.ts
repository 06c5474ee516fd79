import * as v from "valibot";
import type { LiveEvent } from "../protocol/events.ts";
import { parseName } from "../protocol/names.ts";

/** Port: one WebSocket of a host. Its attachment survives hibernation. */
export interface LiveSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(attachment: unknown): void;
  deserializeAttachment(): unknown;
}

/** Port: the live sockets that a host holds for this shard. */
export interface LiveSockets {
  /** All sockets, also those that were open before the shard was evicted. */
  all(): LiveSocket[];
  /** Sockets of an account, those included that the shard has closed and the client has not: their frames still take memory. */
  countOf(accountId: number): number;
}

/** The state of a socket, as it is stored in the attachment. Everything else about sockets is rebuilt from it. */
const socketState = v.object({
  session: v.object({
    account: v.pipe(
      v.string(),
      v.rawTransform(({ dataset, addIssue, NEVER }) => {
        const name = parseName(dataset.value);
        if (name) return name;
        addIssue({ message: "not a name" });
        return NEVER;
      }),
    ),
    tokenDigest: v.string(),
  }),
  /** The account's number, which is also its mailbox's. */
  accountId: v.number(),
  language: v.picklist(["id", "en"]),
  /** Milliseconds since 1970. The session lasts until then at least, and longer if it is used meanwhile. */
  expiresAt: v.number(),
  /** During backfill, the last message that was sent; null: backfill is over. */
  backfilledUpTo: v.nullable(v.number()),
  /** Characters of history that were sent. */
  backfilledChars: v.number(),
});
export type SocketState = v.InferOutput<typeof socketState>;

/** @throws where an attachment is none of ours: another release may have written it */
export function parseSocketState(attachment: unknown): SocketState {
  return v.parse(socketState, attachment);
}

/** Sends a frame. A socket that has closed meanwhile gets the message when its client reconnects. */
export function sendFrame(socket: LiveSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // The host throws only for a socket that is no longer open.
  }
}

export function closeSocket(socket: LiveSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // The host throws only for a socket that has closed already.
  }
}

export function eventFrame(event: LiveEvent): string {
  return JSON.stringify(event);
}
