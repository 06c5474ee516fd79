import type { DeliveryTrigger } from "../delivery/delivery-trigger.ts";
import type { DestinationStore } from "../delivery/destination-store.ts";
import type { Outbox, QueuedItem, Settlement } from "../delivery/outbox.ts";
import { limits } from "../limits.ts";
import { failureNotice } from "../protocol/texts.ts";
import type { Delivered, DeliveryFailure } from "../shard-api/delivery-result.ts";
import type { OutboundMessage } from "../shard-api/outbound-items.ts";
import type { Transaction } from "../storage/sql.ts";
import type { MailboxLookup } from "./mailbox-lookup.ts";
import type { MailboxWriter } from "./mailbox-writer.ts";
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
}

/** The outbox of what accounts send to other shards and realms. */
export class SentOutbox implements Outbox<OutboundMessage, QueuedMessage> {
  readonly #deps: SentOutboxDeps;

  constructor(deps: SentOutboxDeps) {
    this.#deps = deps;
  }

  /** Records a message that has to leave this shard, and schedules its delivery. */
  add(tx: Transaction, accountId: number, message: NewSentMessage, destination: string): SentState {
    const { sentLog, destinations, trigger } = this.#deps;
    trigger.enqueued(tx, destination);
    return sentLog.addQueued(tx, accountId, message, destination, destinations.get(destination).failures);
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
    return this.#deps.sentLog.countQueued(destination);
  }

  settle(tx: Transaction, _destination: string, settlements: readonly Settlement<QueuedMessage>[]): void {
    for (const { queued, result, isAwaited } of settlements) {
      if (result) this.#settleOne(tx, queued, result, isAwaited);
    }
  }

  /** Tells the sender: live, and by a notice in the inbox if it failed and no request is waiting for the result. */
  #settleOne(tx: Transaction, queued: QueuedMessage, result: Delivered | DeliveryFailure, isAwaited: boolean): void {
    const { sentLog, mailboxWriter } = this.#deps;
    const { accountId, id, item } = queued;
    const reason = result.state === "failed" ? result.reason : null;
    sentLog.settle(tx, accountId, id, result.state, reason);
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
