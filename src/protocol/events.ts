import type { FullAddress } from "./names.ts";
import type { DeliveryState, Message } from "./replies.ts";

/** What a live socket hears unasked. Each is a text frame; replies have `status` where these have `event`. */
export type LiveEvent =
  /** A private message has arrived. */
  | { event: "message"; data: Message }
  /** A message that was queued has come to its end. */
  | { event: "delivery"; data: { id: number; to: FullAddress; state: DeliveryState; reason?: string } }
  /** All that was there when the socket opened has been said; from here on it is live. `cursor` is the newest id. */
  | { event: "live"; data: { cursor: number } }
  /** The session is over; the socket closes with 4401. */
  | { event: "session-ended"; data: null };

/** Why a socket was closed (RFC 6455, section 7.4; 4000 and above are the application's). */
export const closeCodes = {
  /** A frame over the limit. */
  tooLarge: 1009,
  /** The session has ended. */
  sessionEnded: 4401,
} as const;

/** The subprotocol; the token follows it as a second one, since a browser can set no header. */
export const subprotocol = "ranah";
