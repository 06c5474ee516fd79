import * as v from "valibot";
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
  /**
   * All sockets that were open before the shard was evicted, those included that the shard had closed and whose clients have not
   * answered that yet.
   */
  all(): LiveSocket[];
  /** When the host last answered a `ping` of the client by itself, in milliseconds since 1970; null: never. */
  lastPingAt(socket: LiveSocket): number | null;
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
  /** By the steady clock. The session lasts until then at least, and longer if it is used meanwhile. */
  expiresAt: v.number(),
  /** During backfill, the last message that was sent; null: backfill is over. */
  backfilledUpTo: v.nullable(v.number()),
  /**
   * `ending`: the session has ended, and the client gets its last replies. `closed`: the shard has closed the socket. The host
   * holds it, with the frames that were not read, until the client answers.
   */
  phase: v.picklist(["open", "ending", "closed"]),
  /** Sent since the client last acknowledged, in bytes. */
  unacknowledgedBytes: v.number(),
  /** When the client last sent a frame, by the steady clock. It only orders the sockets of an account. */
  heardAt: v.number(),
});
export type SocketState = v.InferOutput<typeof socketState>;

/** @throws where an attachment is none of ours: another release may have written it */
export function parseSocketState(attachment: unknown): SocketState {
  return v.parse(socketState, attachment);
}
