import { limits } from "../limits.ts";
import type { ConversationList } from "../messaging/conversation-list.ts";
import type { ConversationStore } from "../messaging/conversation-store.ts";
import type { MailboxLookup } from "../messaging/mailbox-lookup.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { QueuedCounts } from "../messaging/queued-counts.ts";
import type { SentLog } from "../messaging/sent-log.ts";
import type { FullAddress, Name } from "../protocol/names.ts";
import type { EmptiedAccount } from "../shard-api/shard-api.ts";
import { nextTurn, type Timer } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

export interface AccountEmptierDeps {
  unitOfWork: UnitOfWork;
  mailboxes: MailboxLookup;
  logs: MessageLogStore;
  sentLog: SentLog;
  queuedCounts: QueuedCounts;
  conversations: ConversationStore;
  conversationList: ConversationList;
  timer: Timer;
}

/**
 * Deletes what an account of this shard has received, and its log of what it has sent, queued messages included. The account stays,
 * and so does what its recipients have got.
 */
export class AccountEmptier {
  readonly #deps: AccountEmptierDeps;

  constructor(deps: AccountEmptierDeps) {
    this.#deps = deps;
  }

  /** Other requests run between two commits. @returns null: there is no such account */
  async empty(account: Name): Promise<EmptiedAccount | null> {
    const { mailboxes, timer, unitOfWork } = this.#deps;
    const address = mailboxes.addressOf(account);
    const accountId = mailboxes.find(address);
    if (accountId === null) return null;
    let deleted = 0;
    while (deleted < limits.emptyAccountMaxRows) {
      const some = await unitOfWork.run((tx) => this.#deleteSome(tx, accountId, address));
      if (some === 0) return { deleted, more: false };
      deleted += some;
      await nextTurn(timer);
    }
    return { deleted, more: true };
  }

  /** @returns the number of deleted messages; 0: none were left */
  #deleteSome(tx: Transaction, accountId: number, address: FullAddress): number {
    const { conversationList, conversations, logs, queuedCounts, sentLog } = this.#deps;
    const received = logs.deleteSome(tx, accountId);
    const sent = sentLog.deleteSome(tx, accountId);
    queuedCounts.forget(tx);
    // The places in conversations go after the messages that they point to.
    for (const other of new Set([...received, ...sent])) {
      const conversationId = conversations.idOf(address, other);
      const pruned = conversationId === null ? null : conversations.prune(tx, conversationId);
      if (pruned) conversationList.messagesPruned(tx, pruned);
    }
    return received.length + sent.length;
  }
}
