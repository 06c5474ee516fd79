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
  /** Asks the client to acknowledge what it has read: it answers with the frame `pong WORD`. */
  | { event: "ping"; data: { word: string } }
  /** Answers the frame `ping` of a client. */
  | { event: "pong"; data: null };

/** The frame by which a client asks whether the connection is alive. The server answers with the event `pong`. */
export const pingFrame = "ping";
export const pongFrame = JSON.stringify({ event: "pong", data: null } satisfies LiveEvent);

/** The word of a client's answer to the event `ping`; null: the line is no such answer. */
export function parsePong(line: string): string | null {
  return line.startsWith("pong ") ? line.slice("pong ".length) : null;
}

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
  /** The client does not acknowledge what it is sent (`unacknowledgedMaxBytes`, `acknowledgeMs`). */
  tooSlow: 4408,
  /** The account has opened more than `socketsPerAccount`, and this one was silent longest. */
  replaced: 4409,
  /** Too many commands are unanswered (`unansweredPerSocket`, `unansweredMaxBytes`). */
  tooManyUnanswered: 4429,
} as const;

/** The subprotocol. The token follows as a second one, because a browser cannot set headers. */
export const subprotocol = "ranah";
