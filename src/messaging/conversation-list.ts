import { limits } from "../limits.ts";
import type { PageRange } from "../paging/page-range.ts";
import type { FullAddress } from "../protocol/names.ts";
import { nextTurn, type Timer } from "../storage/clock.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { AccountCheckpoints } from "./account-checkpoints.ts";
import {
  type ConversationChange,
  conversationChanges,
  type ReceivedRow,
  type SentRow,
} from "./conversation-changes.ts";
import type { ConversationStore, PrunedConversation } from "./conversation-store.ts";
import { receivedSinceQuery, sentSinceQuery } from "./cross-store-queries.ts";
import type { MailboxLookup } from "./mailbox-lookup.ts";
import type { MessageLogStore } from "./message-log-store.ts";
import type { ReadMarkers } from "./read-markers.ts";
import type { SentLog, SettledMessage } from "./sent-log.ts";

export interface ConversationListDeps {
  database: Reader;
  checkpoints: AccountCheckpoints;
  mailboxes: MailboxLookup;
  logs: MessageLogStore;
  sentLog: SentLog;
  conversations: ConversationStore;
  readMarkers: ReadMarkers;
  unitOfWork: Pick<UnitOfWork, "run">;
  timer: Timer;
}

/** A conversation and its place in the list of an account. */
export interface ListedConversation {
  position: number;
  conversationId: number;
}

interface ListEntry {
  newest: number;
  isEstablished: number;
}

/**
 * The conversations of each account, in the order of their latest messages (table `conversation_list`), and the read markers of
 * what the account has written itself.
 *
 * A send writes nothing here. The list catches up with the mailbox and the sent log when it is read, and when it is
 * `limits.conversationListLagMax` messages behind. Each conversation with new messages is then written once.
 */
export class ConversationList {
  readonly #deps: ConversationListDeps;

  constructor(deps: ConversationListDeps) {
    this.#deps = deps;
  }

  /** Must be called in each transaction that adds to an account's mailbox or sent log. It bounds what is left to catch up. */
  messageAdded(tx: Transaction, accountId: number): void {
    if (this.#lag(accountId) >= limits.conversationListLagMax) this.catchUp(tx, accountId);
  }

  /** Must be awaited before the list, or a read marker of the account, is read. It writes nothing if there are no new messages. */
  async refresh(accountId: number): Promise<void> {
    const { timer, unitOfWork } = this.#deps;
    let isBehind = this.#lag(accountId) > 0;
    while (isBehind) {
      isBehind = await unitOfWork.run((tx) => this.catchUp(tx, accountId));
      if (isBehind) await nextTurn(timer);
    }
  }

  /** Brings the list up to date, some messages at a time. @returns whether there may be more */
  catchUp(tx: Transaction, accountId: number): boolean {
    const { checkpoints, logs, mailboxes, sentLog } = this.#deps;
    const reader = mailboxes.addressOfMailbox(accountId);
    if (reader === null) return false;
    const before = checkpoints.get(accountId);
    const most = limits.conversationListLagMax;
    const received = tx.all<ReceivedRow>(receivedSinceQuery, accountId, before.mailboxUpTo, most);
    const sent = tx.all<SentRow>(sentSinceQuery, accountId, before.sentUpTo, most);
    let { lastPosition } = before;
    for (const change of conversationChanges(received, sent)) {
      if (this.#apply(tx, accountId, reader, change, lastPosition + 1)) lastPosition++;
    }
    this.#markOwnGroupMessages(tx, accountId, sent);
    // The last rows may be missing: retention has deleted them.
    const lastOf = (rows: readonly { id: number }[], highestIdEver: number) =>
      rows.length === most ? (rows.at(-1)?.id ?? 0) : highestIdEver;
    checkpoints.set(tx, accountId, {
      ...before,
      mailboxUpTo: lastOf(received, logs.highestIdEver(accountId)),
      sentUpTo: lastOf(sent, sentLog.highestIdEver(accountId)),
      lastPosition,
    });
    return this.#lag(accountId) > 0;
  }

  /** The delivery of a queued message has ended. One that the list has not seen yet is seen with its result. */
  messageSettled(tx: Transaction, accountId: number, from: FullAddress, settled: SettledMessage): void {
    const { checkpoints, conversations, readMarkers } = this.#deps;
    const { id, kind, recipient, state, conversationSeq, groupMessageId } = settled;
    const checkpoint = checkpoints.get(accountId);
    if (id > checkpoint.sentUpTo) return;
    if (kind === "group") {
      if (groupMessageId !== null) readMarkers.advance(tx, accountId, "group", recipient, groupMessageId);
      return;
    }
    const conversationId = conversations.idOf(from, recipient);
    if (conversationId === null || conversationSeq === null) return;
    if (state === "failed") {
      tx.write(removeFailedQuery, accountId, conversationId, conversationSeq);
    } else if (this.#find(accountId, conversationId)) {
      tx.write(establishQuery, accountId, conversationId);
    } else {
      // A later message to the same recipient has failed before.
      const position = checkpoint.lastPosition + 1;
      tx.write(putQuery, accountId, conversationId, position, conversationSeq, 1);
      checkpoints.set(tx, accountId, { ...checkpoint, lastPosition: position });
    }
  }

  /** Some conversations of an account, the latest first. `rows` of the range are those with the highest positions. */
  list(accountId: number, { after, until, rows }: PageRange): ListedConversation[] {
    return this.#deps.database.all<ListedConversation>(listQuery, accountId, after, until, rows);
  }

  /** The newest message of a conversation that an account sees; null: it is not in the account's list. */
  newest(accountId: number, conversationId: number): number | null {
    return this.#find(accountId, conversationId)?.newest ?? null;
  }

  /** The highest position in the list of an account. */
  lastPosition(accountId: number): number {
    return this.#deps.checkpoints.get(accountId).lastPosition;
  }

  /** The account is removed. */
  forget(tx: Transaction, accountId: number): void {
    tx.write("delete from conversation_list where account_id = ?", accountId);
  }

  /** Retention has deleted messages of a conversation. One without messages is in no list. */
  messagesPruned(tx: Transaction, { conversationId, accountIds, upTo }: PrunedConversation): void {
    const query = "delete from conversation_list where account_id = ? and conversation_id = ? and newest <= ?";
    for (const accountId of accountIds) tx.write(query, accountId, conversationId, upTo);
  }

  /** @returns whether the conversation has taken the position */
  #apply(
    tx: Transaction,
    accountId: number,
    reader: FullAddress,
    change: ConversationChange,
    position: number,
  ): boolean {
    const { conversations, readMarkers } = this.#deps;
    const { other, newest, newestFailed, newestOwn, oldestReceived } = change;
    const conversationId = conversations.idOf(reader, other);
    if (conversationId === null) return false;
    const before = this.#find(accountId, conversationId);
    const isEstablished = before?.isEstablished === 1 || change.isEstablished;
    const newestListed = isEstablished ? Math.max(newest, newestFailed) : newest;
    if (newestListed === 0) return false;
    tx.write(putQuery, accountId, conversationId, position, newestListed, isEstablished ? 1 : 0);
    // What the account has written, it has read. What was in a conversation before the account got a message is not for it.
    const readUpTo = Math.max(newestOwn, before || oldestReceived === 0 ? 0 : oldestReceived - 1);
    readMarkers.advance(tx, accountId, "private", other, readUpTo);
    return true;
  }

  #markOwnGroupMessages(tx: Transaction, accountId: number, sent: readonly SentRow[]): void {
    const newest = new Map<FullAddress, number>();
    for (const { recipient, groupMessageId } of sent) {
      if (groupMessageId !== null) newest.set(recipient, Math.max(groupMessageId, newest.get(recipient) ?? 0));
    }
    for (const [group, id] of newest) this.#deps.readMarkers.advance(tx, accountId, "group", group, id);
  }

  /** The messages that the list has not seen, of the log that has more of them. */
  #lag(accountId: number): number {
    const { checkpoints, logs, sentLog } = this.#deps;
    const { mailboxUpTo, sentUpTo } = checkpoints.get(accountId);
    return Math.max(logs.highestIdEver(accountId) - mailboxUpTo, sentLog.highestIdEver(accountId) - sentUpTo);
  }

  #find(accountId: number, conversationId: number): ListEntry | null {
    return this.#deps.database.first<ListEntry>(findQuery, accountId, conversationId);
  }
}

const putQuery = `insert into conversation_list (account_id, conversation_id, position, newest, is_established)
  values (?, ?, ?, ?, ?)
  on conflict (account_id, conversation_id) do update set position = excluded.position,
    newest = max(newest, excluded.newest), is_established = excluded.is_established`;
const establishQuery = `update conversation_list set is_established = 1
  where account_id = ? and conversation_id = ? and is_established = 0`;
const removeFailedQuery = `delete from conversation_list
  where account_id = ? and conversation_id = ? and is_established = 0 and newest = ?`;
const findQuery = `select newest, is_established isEstablished from conversation_list
  where account_id = ? and conversation_id = ?`;
const listQuery = `select position, conversation_id conversationId from conversation_list
  where account_id = ? and position > ? and position <= ? order by position desc limit ?`;
/** For the test that reads SQLite's query plans. */
export const plannedListQueries = { list: listQuery, find: findQuery };
