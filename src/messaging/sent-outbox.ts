import type { DeliveryTrigger } from "../delivery/delivery-trigger.ts";
import type { DestinationStore } from "../delivery/destination-store.ts";
import type { Outbox, QueuedItem, Settlement } from "../delivery/outbox.ts";
import { limits } from "../limits.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { failureNotice } from "../protocol/texts.ts";
import type { Delivered, DeliveryFailure } from "../shard-api/delivery-result.ts";
import type { OutboundMessage } from "../shard-api/outbound-items.ts";
import { isShardName } from "../shard-api/shard-names.ts";
import type { Transaction } from "../storage/sql.ts";
import type { ConversationList } from "./conversation-list.ts";
import type { MailboxLookup } from "./mailbox-lookup.ts";
import type { MailboxWriter } from "./mailbox-writer.ts";
import type { QueuedCounts } from "./queued-counts.ts";
import type { NewSentMessage, QueuedSentMessage, SentLog, SentState } from "./sent-log.ts";

export interface QueuedMessage extends QueuedItem<OutboundMessage> {
  accountId: number;
  id: number;
}

export interface SentOutboxDeps {
  sentLog: SentLog;
  destinations: DestinationStore;
  trigger: DeliveryTrigger;
  mailboxes: MailboxLookup;
  mailboxWriter: MailboxWriter;
  conversationList: ConversationList;
  counts: QueuedCounts;
  /** Whether a destination is a realm that the configuration does not name. */
  isStrange(destination: string): boolean;
}

/** The outbox of what accounts send to other shards and realms. */
export class SentOutbox implements Outbox<OutboundMessage, QueuedMessage> {
  readonly #deps: SentOutboxDeps;

  constructor(deps: SentOutboxDeps) {
    this.#deps = deps;
  }

  /** Records a message that has to leave this shard, and schedules its delivery. Nothing is stored where it returns a failure. */
  add(tx: Transaction, accountId: number, message: NewSentMessage, destination: string): SentState | Failure {
    const { counts, sentLog, destinations, trigger } = this.#deps;
    const refused = this.#refusal(accountId, destination);
    if (refused) return refused;
    trigger.enqueued(tx, destination);
    const { failures } = destinations.get(destination);
    const queued = sentLog.addQueued(tx, accountId, message, destination, failures);
    counts.changed(tx, accountId, destination, 1);
    return queued;
  }

  /** Whether too much of an account waits for other realms. The shards of this deployment are always there. */
  #refusal(accountId: number, destination: string): Failure | null {
    if (isShardName(destination)) return null;
    const { counts, isStrange } = this.#deps;
    const waiting = [...counts.of(accountId)].filter(([to]) => !isShardName(to));
    const messages = waiting.reduce((sum, [, count]) => sum + count, 0);
    if (messages >= limits.queuedPerAccount) return failure("queue-full");
    const others = waiting.filter(([to]) => to !== destination && isStrange(to));
    const isOneTooMany = isStrange(destination) && others.length >= limits.strangeRealmsPerAccount;
    return isOneTooMany ? failure("too-many-realms") : null;
  }

  nextBatch(destination: string, limit: number): QueuedMessage[] {
    const batch: QueuedMessage[] = [];
    let chars = 0;
    for (const row of this.#deps.sentLog.queued(destination, limit)) {
      chars += row.text.length;
      if (chars > limits.deliveryBatchMaxChars && batch.length > 0) break;
      batch.push(this.#toQueued(row));
    }
    return batch;
  }

  /** The oldest message of another sender or to another recipient than the first one's: it may overtake the first. */
  probe(destination: string, index: number): QueuedMessage | null {
    const [, ...behind] = this.#deps.sentLog.queueHeads(destination);
    const position = behind[index % behind.length];
    const row = position === undefined ? null : this.#deps.sentLog.queuedAt(destination, position);
    return row && this.#toQueued(row);
  }

  waitingDestinations(): string[] {
    return this.#deps.sentLog.waitingDestinations();
  }

  countWaiting(destination: string): number {
    return this.#deps.counts.waitingFor(destination);
  }

  settle(tx: Transaction, destination: string, settlements: readonly Settlement<QueuedMessage>[]): void {
    for (const { queued, result, isAwaited } of settlements) {
      if (result) this.#settleOne(tx, destination, queued, result, isAwaited);
    }
  }

  /** Tells the sender: live, and by a notice in the inbox if it failed and no request is waiting for the result. */
  #settleOne(
    tx: Transaction,
    destination: string,
    queued: QueuedMessage,
    result: Delivered | DeliveryFailure,
    isAwaited: boolean,
  ): void {
    const { counts, conversationList, sentLog, mailboxWriter } = this.#deps;
    const { accountId, id, item } = queued;
    const reason = result.state === "failed" ? result.reason : null;
    const groupMessageId = result.state === "delivered" && item.kind === "group" ? (result.id ?? null) : null;
    const settled = sentLog.settle(tx, accountId, id, result.state, reason, groupMessageId);
    // The operator may have emptied the account meanwhile.
    if (!settled) return;
    counts.changed(tx, accountId, destination, -1);
    conversationList.messageSettled(tx, accountId, item.from, settled);
    if (result.state === "delivered" && item.kind === "group") {
      tx.emit({
        type: "remote-group-message-sent",
        accountId,
        from: item.from,
        group: item.to,
        messageId: result.id ?? null,
      });
    }
    const delivery = { id, to: item.to, state: result.state, ...(reason !== null && { reason }) };
    tx.emit({ type: "delivery-settled", accountId, delivery });
    if (reason !== null && !isAwaited) {
      mailboxWriter.storeNotice(tx, accountId, item.from, failureNotice(id, reason, item.to), null);
    }
  }

  #toQueued({ accountId, id, kind, senderName, recipient, text, sentAt, uid }: QueuedSentMessage): QueuedMessage {
    const from = this.#deps.mailboxes.addressOf(senderName);
    const item = { uid, kind, from, to: recipient, text, time: sentAt };
    return { key: sentItemKey(accountId, id), item, queuedAt: sentAt, accountId, id };
  }
}

/** The key of a sent message in its outbox. */
export function sentItemKey(accountId: number, id: number): string {
  return `${accountId} ${id}`;
}
