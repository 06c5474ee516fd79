import type { ConversationKind } from "./protocol/commands.ts";
import type { LiveEvent } from "./protocol/events.ts";
import type { FullAddress } from "./protocol/names.ts";
import type { GroupRole } from "./protocol/replies.ts";

/**
 * What a commit has changed. A transaction collects events; after the commit the dispatcher hands them to long polls, live
 * sockets, delivery queues and maintenance. `accountId` is the account's number in this shard.
 */
export type DomainEvent =
  | MessageStored
  /** A private conversation has one more message. */
  | { type: "conversation-appended"; conversationKey: string }
  /** An account has sent a private message. */
  | { type: "private-message-sent"; accountId: number; sent: LiveEventData<"sent"> }
  /** An account has read further. */
  | { type: "read-marker-moved"; accountId: number; kind: ConversationKind; with: FullAddress; messageId: number }
  /** The role of an account in a group has changed; null: it has none any more. */
  | { type: "membership-changed"; accountId: number; group: FullAddress; role: GroupRole | null }
  /** The delivery of a queued message has ended. */
  | { type: "delivery-settled"; accountId: number; delivery: LiveEventData<"delivery"> }
  /** A group of another shard or realm has a new message, and accounts here are members. */
  | { type: "remote-group-message-received"; group: FullAddress; messageId: number; message: MessageContent }
  /** A group of another shard or realm has stored a message of an account here. `messageId` is null where an older peer did not say. */
  | {
      type: "remote-group-message-sent";
      accountId: number;
      from: FullAddress;
      group: FullAddress;
      messageId: number | null;
    }
  /** Something waits in an outbox. */
  | { type: "outbound-queued"; queue: QueueName; destination: string }
  /** Sessions of an account may have ended. */
  | { type: "sessions-changed"; accountId: number }
  /** A group, or a replica of one, was dropped; its messages are to be deleted. */
  | { type: "message-log-dropped" }
  /** A message is missing in the replica of a group. */
  | { type: "replica-gap-found"; group: FullAddress };

/** A message was stored in a mailbox, or in the log of a group or of a replica. */
export interface MessageStored {
  type: "message-stored";
  /** The mailbox (which is its account's number) or the group's log. */
  logId: number;
  messageId: number;
  message: MessageContent;
  /** The group; null: it was stored in a mailbox. */
  group: FullAddress | null;
}

export interface MessageContent {
  from: FullAddress;
  text: string;
  /** Milliseconds since 1970, by the clock of the sender's realm. */
  time: number;
  /** Its number in its private conversation, where it is in one. */
  conversationSeq?: number | null;
}

/** The two outboxes: what accounts send, and what groups send to other shards and realms. Also stored. */
export const queueNames = ["messages", "group-updates"] as const;
export type QueueName = (typeof queueNames)[number];

type LiveEventData<Event extends LiveEvent["event"]> = Extract<LiveEvent, { event: Event }>["data"];
