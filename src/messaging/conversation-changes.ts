import type { ConversationKind } from "../protocol/commands.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { DeliveryState } from "../protocol/replies.ts";

/** A message in an account's mailbox. */
export interface ReceivedRow {
  id: number;
  sender: FullAddress;
  receivedAt: number;
  conversationSeq: number | null;
}

/** A message in an account's sent log. */
export interface SentRow {
  id: number;
  kind: ConversationKind;
  recipient: FullAddress;
  sentAt: number;
  state: DeliveryState;
  conversationSeq: number | null;
  groupMessageId: number | null;
}

/** What messages mean for one conversation of their account. Numbers are those of the conversation, 0 for none. */
export interface ConversationChange {
  other: FullAddress;
  /** The time of the latest message, by this realm's clock. */
  time: number;
  /** The newest message that has not failed. */
  newest: number;
  newestFailed: number;
  newestOwn: number;
  oldestReceived: number;
  /** A message was received, or one of the account was delivered. */
  isEstablished: boolean;
}

/** One change for each conversation, in the order of their latest messages. */
export function conversationChanges(received: readonly ReceivedRow[], sent: readonly SentRow[]): ConversationChange[] {
  const changes = new Map<FullAddress, ConversationChange>();
  const changeOf = (other: FullAddress, time: number) => {
    const change = changes.get(other) ?? { ...unchanged, other };
    changes.set(other, change);
    change.time = Math.max(change.time, time);
    return change;
  };
  for (const { sender, receivedAt, conversationSeq: seq } of received) {
    if (seq === null) continue;
    const change = changeOf(sender, receivedAt);
    change.newest = Math.max(change.newest, seq);
    change.oldestReceived ||= seq;
    change.isEstablished = true;
  }
  for (const { recipient, sentAt, state, conversationSeq: seq } of sent) {
    if (seq === null) continue;
    const change = changeOf(recipient, sentAt);
    change.newestOwn = Math.max(change.newestOwn, seq);
    if (state === "failed") change.newestFailed = Math.max(change.newestFailed, seq);
    else change.newest = Math.max(change.newest, seq);
    if (state === "delivered") change.isEstablished = true;
  }
  return [...changes.values()].sort((a, b) => a.time - b.time);
}

const unchanged = { time: 0, newest: 0, newestFailed: 0, newestOwn: 0, oldestReceived: 0, isEstablished: false };
