import type { ConversationKind } from "./commands.ts";
import type { FullAddress } from "./names.ts";
import type { DeliveryState, GroupRole, Message } from "./replies.ts";

/** An event on a live socket: a text frame with `event`. A reply has `status` instead. */
export type LiveEvent =
  /** A private message has arrived. `thread` is its number in the conversation. */
  | { event: "message"; data: Message & { thread?: number } }
  /** A message has arrived in a group of this account. The event may come twice with the same `id`. */
  | { event: "group-message"; data: Message & { group: FullAddress } }
  /** This account has sent a private message, over any socket or request. */
  | { event: "sent"; data: SentEventData }
  /** This account has moved a read marker, over any socket or request. */
  | { event: "read"; data: { kind: ConversationKind; with: FullAddress; id: number } }
  /** The role of this account in a group has changed; null: it has none any more. */
  | { event: "membership"; data: { group: FullAddress; role: GroupRole | null } }
  /** A queued message has reached its final state. */
  | { event: "delivery"; data: { id: number; to: FullAddress; state: DeliveryState; reason?: string } }
  /** The backfill is complete; further messages are new. `cursor` is the newest id. */
  | { event: "live"; data: { cursor: number } }
  /** The session has ended. The socket closes with 4401. */
  | { event: "session-ended"; data: null }
  /** The answer to the text frame `ping`. */
  | { event: "pong"; data: null }
  /** Much data is unacknowledged. The client answers with the text frame `pong WORD` when it has processed what came before. */
  | { event: "ping"; data: { word: string } };

export interface SentEventData {
  to: FullAddress;
  /** The number of the message in the conversation. */
  thread: number;
  /** The `Message-Id`. */
  id: number;
  text: string;
  time: string;
  state: DeliveryState;
  /** The error code of a failed message. */
  reason?: string;
  key?: string;
}

/** Why the server closes a socket (RFC 6455, section 7.4; codes from 4000 on are for applications). */
export const closeCodes = {
  /** The server stops. */
  stopping: 1001,
  /** A frame exceeds `bodyMaxBytes`. */
  tooLarge: 1009,
  /** The server cannot read its state of the socket. */
  stateLost: 1011,
  /** The session has ended. */
  sessionEnded: 4401,
  /** The client does not read what it is sent (`socketBufferMaxBytes`). */
  tooSlow: 4408,
  /** The account has too many sockets, and this one was silent longest. The reason is `replaced by a newer socket`. */
  replaced: 4409,
  /** The backfill exceeds `backfillMaxChars`. The client continues on another socket after the last message. */
  moreHistory: 4413,
} as const;

/** The subprotocol. The token follows as a second one, because a browser cannot set headers. */
export const subprotocol = "ranah";
