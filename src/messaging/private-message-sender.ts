import type { SentEventData } from "../protocol/events.ts";
import { splitAddress } from "../protocol/names.ts";
import type { Answer } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Transaction } from "../storage/sql.ts";
import type { ConversationStore, NextEntry } from "./conversation-store.ts";
import type { IdempotentSend, SendRequest, StoredSend } from "./idempotent-send.ts";
import type { MessageLogStore } from "./message-log-store.ts";
import type { NewSentMessage, SentLog, SentState } from "./sent-log.ts";
import type { SentOutbox } from "./sent-outbox.ts";

export interface PrivateMessageSenderDeps {
  sender: IdempotentSend;
  logs: MessageLogStore;
  conversations: ConversationStore;
  sentLog: SentLog;
  outbox: SentOutbox;
  clock: Clock;
}

/**
 * Sends private messages. Within the shard one commit stores the message in the recipient's mailbox and in the sender's log. To
 * another shard or realm, the sender's log entry waits in the outbox.
 */
export class PrivateMessageSender {
  readonly #deps: PrivateMessageSenderDeps;

  constructor(deps: PrivateMessageSenderDeps) {
    this.#deps = deps;
  }

  send(caller: Caller, request: SendRequest): Promise<Answer> {
    return this.#deps.sender.send(caller, request, (tx) => this.#store(tx, caller, request));
  }

  #store(tx: Transaction, caller: Caller, { to, text, key, destination }: SendRequest): StoredSend {
    const { clock, conversations, logs, outbox, sentLog } = this.#deps;
    const sentAt = clock();
    const place = conversations.nextEntry(caller.address, to);
    const message: NewSentMessage = {
      kind: "private",
      recipient: to,
      text,
      sentAt,
      idempotencyKey: key,
      conversationSeq: place.seq,
    };
    if (destination !== null) {
      const queued = outbox.add(tx, caller.accountId, message, destination);
      return this.#addToConversation(tx, caller, message, place, queued, null);
    }
    const mailboxId = logs.findLog("mailbox", splitAddress(to).name);
    if (mailboxId === null) {
      const failed = sentLog.addFailed(tx, caller.accountId, message, "no-such-user");
      return this.#addToConversation(tx, caller, message, place, failed, null);
    }
    const stored = {
      uid: null,
      from: caller.address,
      text,
      time: sentAt,
      receivedAt: sentAt,
      conversationSeq: place.seq,
    };
    const messageId = logs.append(tx, mailboxId, stored, null);
    if (messageId === null) throw new Error("a message without a uid was taken for a known one");
    const delivered = sentLog.addDelivered(tx, caller.accountId, message, { logId: mailboxId, messageId });
    return this.#addToConversation(tx, caller, message, place, delivered, messageId);
  }

  /** Adds the message to its conversation, and tells the sender's other devices. */
  #addToConversation(
    tx: Transaction,
    caller: Caller,
    { recipient, text, sentAt, idempotencyKey }: NewSentMessage,
    place: NextEntry,
    sent: SentState,
    mailboxMessageId: number | null,
  ): StoredSend {
    const { id, state, reason } = sent;
    this.#deps.conversations.add(tx, place, { mailboxMessageId, sentMessageId: id });
    const data: SentEventData = { to: recipient, thread: place.seq, id, text, time: isoTime(sentAt), state };
    if (reason !== null) data.reason = reason;
    if (idempotencyKey !== null) data.key = idempotencyKey;
    tx.emit({ type: "private-message-sent", accountId: caller.accountId, sent: data });
    return { ...sent, conversationSeq: place.seq };
  }
}
