import type { ConversationKind } from "./commands.ts";
import type { FullAddress } from "./names.ts";
import type { DeliveryState, GroupRole, Message } from "./replies.ts";

/** What a live socket hears unasked. Each is a text frame; replies have `status` where these have `event`. */
export type LiveEvent =
  /** A private message has arrived; `thread` is its number in the conversation. */
  | { event: "message"; data: Message & { thread?: number } }
  /** A message has come to a group of this account, from anyone. It may come twice: `id` tells. */
  | { event: "group-message"; data: Message & { group: FullAddress } }
  /** This account has sent a private message, from whatever socket or request. */
  | { event: "sent"; data: SentEventData }
  /** This account has read up to a message, from whatever socket or request. */
  | { event: "read"; data: { kind: ConversationKind; with: FullAddress; id: number } }
  /** This account has become, or ceased to be (null), something in a group. */
  | { event: "membership"; data: { group: FullAddress; role: GroupRole | null } }
  /** A message that was queued has come to its end. */
  | { event: "delivery"; data: { id: number; to: FullAddress; state: DeliveryState; reason?: string } }
  /** All that was there when the socket opened has been said; from here on it is live. `cursor` is the newest id. */
  | { event: "live"; data: { cursor: number } }
  /** The session is over; the socket closes with 4401. */
  | { event: "session-ended"; data: null };

export interface SentEventData {
  to: FullAddress;
  /** Its number in the conversation. */
  thread: number;
  /** Its number among what the account has sent. */
  id: number;
  text: string;
  time: string;
  state: DeliveryState;
  /** Why it has failed. */
  reason?: string;
  key?: string;
}

/** Why a socket was closed (RFC 6455, section 7.4; 4000 and above are the application's). */
export const closeCodes = {
  /** A frame over the limit. */
  tooLarge: 1009,
  /** The session has ended. */
  sessionEnded: 4401,
  /** There is more history than one socket is told: the next one goes on behind the last message. */
  historyGoesOn: 4413,
} as const;

/** The subprotocol; the token follows it as a second one, since a browser can set no header. */
export const subprotocol = "ranah";
