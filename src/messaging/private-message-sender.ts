import { limits } from "../limits.ts";
import type { SentEventData } from "../protocol/events.ts";
import { splitAddress } from "../protocol/names.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Transaction } from "../storage/sql.ts";
import type { AccountCheckpoints } from "./account-checkpoints.ts";
import type { Blocks } from "./blocks.ts";
import type { ConversationList } from "./conversation-list.ts";
import type { ConversationStore, NextEntry } from "./conversation-store.ts";
import type { IdempotentSend, SendRequest, StoredSend } from "./idempotent-send.ts";
import type { MessageLogStore } from "./message-log-store.ts";
import type { NewSentMessage, SentLog, SentState } from "./sent-log.ts";
import type { SentOutbox } from "./sent-outbox.ts";

export interface PrivateMessageSenderDeps {
  sender: IdempotentSend;
  logs: MessageLogStore;
  conversations: ConversationStore;
  conversationList: ConversationList;
  checkpoints: AccountCheckpoints;
  sentLog: SentLog;
  outbox: SentOutbox;
  blocks: Blocks;
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

  /** Nothing is stored where the answer is a failure. */
  #store(tx: Transaction, caller: Caller, { to, text, key, destination }: SendRequest): StoredSend | Failure {
    const { checkpoints, clock, conversations, outbox, sentLog } = this.#deps;
    const { accountId, address } = caller;
    if (!sentLog.hasRoomFor(accountId, text)) return failure("quota-exceeded");
    const place = conversations.nextEntry(address, to);
    const isNew = place.conversationId === null;
    if (isNew && checkpoints.get(accountId).conversationsStarted >= limits.conversationsStartedPerAccount) {
      return failure("too-many-conversations");
    }
    const message: NewSentMessage = {
      kind: "private",
      recipient: to,
      text,
      sentAt: clock(),
      idempotencyKey: key,
      conversationSeq: place.seq,
      groupMessageId: null,
    };
    if (destination === null) return this.#deliver(tx, caller, message, place);
    const queued = outbox.add(tx, accountId, message, destination);
    return "error" in queued ? queued : this.#addToConversation(tx, caller, message, place, queued, null);
  }

  /** Puts the message into the mailbox of an account of this shard. */
  #deliver(tx: Transaction, caller: Caller, message: NewSentMessage, place: NextEntry): StoredSend | Failure {
    const { blocks, conversationList, logs, sentLog } = this.#deps;
    const { recipient, text, sentAt } = message;
    const mailboxId = logs.findLog("mailbox", splitAddress(recipient).name);
    if (mailboxId === null) {
      const failed = sentLog.addFailed(tx, caller.accountId, message, "no-such-user");
      return this.#addToConversation(tx, caller, message, place, failed, null);
    }
    if (blocks.isBlocked(mailboxId, caller.address)) {
      // The sender's log is as if it had arrived; the text stays there.
      const settled = sentLog.addDelivered(tx, caller.accountId, message, null);
      return this.#addToConversation(tx, caller, message, place, settled, null);
    }
    const received = { uid: null, from: caller.address, text, time: sentAt, receivedAt: sentAt };
    const stored = logs.append(tx, mailboxId, { ...received, conversationSeq: place.seq }, null);
    if (stored.kind === "full") return failure("mailbox-full", { address: recipient });
    const mailboxRef = { logId: mailboxId, messageId: stored.id };
    const delivered = sentLog.addDelivered(tx, caller.accountId, message, mailboxRef);
    const sent = this.#addToConversation(tx, caller, message, place, delivered, stored.id);
    conversationList.messageAdded(tx, mailboxId);
    return sent;
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
    const { checkpoints, conversationList, conversations } = this.#deps;
    if (place.conversationId === null) {
      const checkpoint = checkpoints.get(caller.accountId);
      const conversationsStarted = checkpoint.conversationsStarted + 1;
      checkpoints.set(tx, caller.accountId, { ...checkpoint, conversationsStarted });
    }
    conversations.add(tx, place, { mailboxMessageId, sentMessageId: id });
    conversationList.messageAdded(tx, caller.accountId);
    const data: SentEventData = { to: recipient, thread: place.seq, id, text, time: isoTime(sentAt), state };
    if (reason !== null) data.reason = reason;
    if (idempotencyKey !== null) data.key = idempotencyKey;
    tx.emit({ type: "private-message-sent", accountId: caller.accountId, sent: data });
    return { ...sent, conversationSeq: place.seq };
  }
}
