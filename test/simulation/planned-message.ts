import type { FullAddress } from "../../src/protocol/names.ts";

/** One message that a simulated account sends. */
export interface PlannedMessage {
  realm: string;
  account: string;
  to: FullAddress;
  text: string;
  /** The state in the reply to the sender. Null before a reply. */
  reportedState: "delivered" | "queued" | "failed" | null;
  /** The simulated time of the first send. Null before it. */
  sentAt: number | null;
}

/** Text prefixes that select the behaviour of the receiver. */
export const normalMessage = "message";
/** Crashes every receiver that stores it. */
export const crashingMessage = "crashing";
/** Exceeds the receiver's size limit. */
export const oversizedMessage = "oversized";

/** An account that exists in no realm. */
export const unknownAccount = "nobody";
