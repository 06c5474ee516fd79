import { limits } from "../limits.ts";
import type { ConversationKind } from "../protocol/commands.ts";
import type { FullAddress, Name } from "../protocol/names.ts";
import type { DeliveryState } from "../protocol/replies.ts";
import { utf8Length } from "../protocol/utf8-length.ts";
import type { FailureReason } from "../shard-api/delivery-result.ts";
import type { Reader, SqlValue, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { queuedMessageQuery, sentByKeyQuery, sentRowQuery } from "./cross-store-queries.ts";
import type { MessageRef } from "./message-log-store.ts";
import { prunableRows } from "./prunable-rows.ts";
import { type CountedBytes, StoredBytes, storedBytesOf, storedBytesSql } from "./stored-bytes.ts";

/** A message that an account has sent, as far as its delivery is concerned. */
export interface SentState {
  /** Its number among the messages of its sender. */
  id: number;
  state: DeliveryState;
  reason: FailureReason | null;
  /** The destination that it waits or waited for; null: it never left this shard. */
  destination: string | null;
}

/** A message that was sent with an idempotency key. */
export interface KeyedSentMessage extends SentState {
  kind: ConversationKind;
  recipient: FullAddress;
  text: string;
  /** Its number in its conversation; null: it went to a group. */
  conversationSeq: number | null;
}

/** A message whose delivery has just ended. */
export interface SettledMessage {
  id: number;
  kind: ConversationKind;
  recipient: FullAddress;
  state: "delivered" | "failed";
  conversationSeq: number | null;
  /** Its number in its group, where the group has said it. */
  groupMessageId: number | null;
}

export interface NewSentMessage {
  kind: ConversationKind;
  recipient: FullAddress;
  text: string;
  /** Milliseconds since 1970. */
  sentAt: number;
  idempotencyKey: string | null;
  conversationSeq: number | null;
  groupMessageId: number | null;
}

/** A message as the command `sent` reads it. */
export interface SentRow extends SentState {
  kind: ConversationKind;
  recipient: FullAddress;
  text: string;
  sentAt: number;
  idempotencyKey: string | null;
  /** How often its destination had failed in a row when the message was queued. */
  failuresAtEnqueue: number;
}

/** A message that waits for its destination. */
export interface QueuedSentMessage {
  accountId: number;
  id: number;
  kind: ConversationKind;
  senderName: Name;
  recipient: FullAddress;
  text: string;
  sentAt: number;
  uid: string;
}

/**
 * What accounts have sent (table `sent_messages`); a row with a queue position is the outbox entry of its message. A private message
 * that was stored in a mailbox of this shard has its text there only: retention deletes both together.
 */
export class SentLog {
  readonly #database: Reader;
  /** The highest number that each account has ever used. */
  readonly #lastIds: TransactionalCache<number, number>;
  readonly #storedBytes: StoredBytes;
  readonly #maxBytes: number;

  /** @param maxBytes the most that one account stores: its quota */
  constructor(
    database: Reader,
    unitOfWork: Pick<UnitOfWork, "onRollback">,
    maxBytes: number = limits.accountQuotaBytes,
  ) {
    this.#database = database;
    this.#lastIds = new TransactionalCache(unitOfWork);
    this.#maxBytes = maxBytes;
    this.#storedBytes = new StoredBytes(
      {
        counted: (accountId) => database.first<CountedBytes>(countedQuery, accountId) ?? { upTo: 0, bytes: 0 },
        bytesAfter: (accountId, id) => database.one<{ bytes: number }>(bytesAfterQuery, accountId, id).bytes,
        save: (tx, accountId, { upTo, bytes }) => tx.write(saveCountedQuery, accountId, upTo, bytes),
      },
      unitOfWork,
    );
  }

  /** Whether an account may send one more message: all that it has sent counts, wherever the text is stored. */
  hasRoomFor(accountId: number, text: string): boolean {
    return this.#storedBytes.of(accountId) + storedBytesOf(text) <= this.#maxBytes;
  }

  get(accountId: number, id: number): SentState | null {
    const query = "select id, state, reason, destination from sent_messages where account_id = ? and id = ?";
    return this.#database.first<SentState>(query, accountId, id);
  }

  /** What an account has sent with a key. A key is free again when retention has deleted its message. */
  findByKey(tx: Transaction, accountId: number, key: string): KeyedSentMessage | null {
    const found = tx.first<Omit<KeyedSentMessage, "text"> & { text: string | null }>(sentByKeyQuery, accountId, key);
    if (!found) return null;
    const { text, ...rest } = found;
    if (text !== null) return { ...rest, text };
    tx.write("update sent_messages set idempotency_key = null where account_id = ? and id = ?", accountId, found.id);
    return null;
  }

  newestId(accountId: number): number {
    const query = "select max(id) id from sent_messages where account_id = ?";
    return this.#database.one<{ id: number | null }>(query, accountId).id ?? 0;
  }

  get isEmpty(): boolean {
    return this.#database.first<{ one: number }>("select 1 one from sent_messages limit 1") === null;
  }

  rows(accountId: number, after: number, until: number, most: number): SentRow[] {
    const query = `${sentRowQuery} and account_id = ? and sent_messages.id > ? and sent_messages.id <= ?
      order by sent_messages.id limit ?`;
    return this.#database.all<SentRow>(query, accountId, after, until, most);
  }

  rowById(accountId: number, id: number): SentRow | null {
    return this.#database.first<SentRow>(`${sentRowQuery} and account_id = ? and sent_messages.id = ?`, accountId, id);
  }

  rowByKey(accountId: number, key: string): SentRow | null {
    return this.#database.first<SentRow>(`${sentRowQuery} and account_id = ? and idempotency_key = ?`, accountId, key);
  }

  /**
   * Records a message that its recipient has.
   *
   * @param stored where the text is kept as long as this entry; null: that is not certain, so the entry keeps it
   */
  addDelivered(tx: Transaction, accountId: number, message: NewSentMessage, stored: MessageRef | null): SentState {
    const state: Omit<SentState, "id"> = { state: "delivered", reason: null, destination: null };
    return this.#add(tx, accountId, message, state, stored);
  }

  /** Records a message that was refused at once. It is part of what was sent, like one that was refused elsewhere. */
  addFailed(tx: Transaction, accountId: number, message: NewSentMessage, reason: FailureReason): SentState {
    return this.#add(tx, accountId, message, { state: "failed", reason, destination: null }, null);
  }

  /**
   * Records a message that has to leave this shard, at the end of its destination's queue.
   *
   * @param failuresAtEnqueue how often the destination has failed in a row
   */
  addQueued(
    tx: Transaction,
    accountId: number,
    message: NewSentMessage,
    destination: string,
    failuresAtEnqueue: number,
  ): SentState {
    const id = this.#nextId(tx, accountId);
    const state = "queued";
    const columns = columnsOf(accountId, id, message, message.text, state, null);
    this.#storedBytes.of(accountId);
    tx.write(addQueuedQuery, ...columns, crypto.randomUUID(), destination, failuresAtEnqueue);
    this.#storedBytes.added(tx, accountId, id, storedBytesOf(message.text));
    return { id, state, reason: null, destination };
  }

  #add(
    tx: Transaction,
    accountId: number,
    message: NewSentMessage,
    sent: Omit<SentState, "id">,
    stored: MessageRef | null,
  ): SentState {
    const id = this.#nextId(tx, accountId);
    const columns = columnsOf(accountId, id, message, stored ? "" : message.text, sent.state, sent.reason);
    this.#storedBytes.of(accountId);
    tx.write(addSettledQuery, ...columns, stored?.logId ?? null, stored?.messageId ?? null);
    this.#storedBytes.added(tx, accountId, id, storedBytesOf(message.text));
    return { id, ...sent };
  }

  /** The highest number that an account has ever used, 0 for none. */
  highestIdEver(accountId: number): number {
    const load = () => this.#database.one<{ id: number }>(lastIdQuery, accountId).id;
    return this.#lastIds.getOrLoad(accountId, load);
  }

  #nextId(tx: Transaction, accountId: number): number {
    const id = this.highestIdEver(accountId) + 1;
    this.#lastIds.set(tx, accountId, id);
    return id;
  }

  /** The oldest messages that wait for a destination, in the order in which they were queued. */
  queued(destination: string, most: number): QueuedSentMessage[] {
    const query = `${queuedMessageQuery} where destination = ? and queue_position is not null
      order by queue_position limit ?`;
    return this.#database.all<QueuedSentMessage>(query, destination, most);
  }

  /** The oldest waiting message of each sender and recipient, by queue position: these may overtake each other. */
  queueHeads(destination: string): number[] {
    const query = `select min(queue_position) position from sent_messages
      where destination = ? and queue_position is not null group by account_id, kind, recipient order by 1`;
    return this.#database.all<{ position: number }>(query, destination).map(({ position }) => position);
  }

  queuedAt(destination: string, position: number): QueuedSentMessage | null {
    const query = `${queuedMessageQuery} where destination = ? and queue_position = ?`;
    return this.#database.first<QueuedSentMessage>(query, destination, position);
  }

  /** Every destination that messages wait for. The query leaps from one to the next in the index, however long the queues. */
  waitingDestinations(): string[] {
    return this.#database.all<{ destination: string }>(destinationsQuery).map(({ destination }) => destination);
  }

  /** Takes a message out of its queue. @returns null where it was deleted meanwhile */
  settle(
    tx: Transaction,
    accountId: number,
    id: number,
    state: "delivered" | "failed",
    reason: FailureReason | null,
    groupMessageId: number | null,
  ): SettledMessage | null {
    const row = tx.writeReturning<Omit<SettledMessage, "id" | "state">>(
      settleQuery,
      ...[state, reason, groupMessageId, accountId, id],
    );
    return row && { ...row, id, state };
  }

  /**
   * Deletes the oldest messages of an account, up to the first that is not old or is queued, some at a time.
   *
   * @param isOld decides by the time of sending
   * @returns whether there may be more
   */
  prune(tx: Transaction, accountId: number, isOld: (sentAt: number) => boolean): boolean {
    const oldest = this.#oldest(tx, accountId);
    const prunable = prunableRows(oldest, ({ sentAt, state }) => state === "queued" || !isOld(sentAt));
    if (!prunable) return false;
    this.#deleteOldest(tx, accountId, oldest, prunable.upTo);
    return prunable.mayHaveMore;
  }

  /** Deletes the oldest messages of an account, queued ones too. @returns the recipients of the deleted messages */
  deleteSome(tx: Transaction, accountId: number): FullAddress[] {
    const oldest = this.#oldest(tx, accountId);
    const last = oldest.at(-1);
    if (last) this.#deleteOldest(tx, accountId, oldest, last.id);
    return oldest.map(({ recipient }) => recipient);
  }

  /** The account is removed, and its messages are deleted. */
  forget(tx: Transaction, accountId: number): void {
    tx.write("delete from sent_messages where account_id = ?", accountId);
    tx.write("delete from sent_logs where account_id = ?", accountId);
    this.#lastIds.delete(tx, accountId);
  }

  #oldest(tx: Transaction, accountId: number): OldestRow[] {
    return tx.all<OldestRow>(oldestQuery, accountId, limits.retentionChunkRows);
  }

  #deleteOldest(tx: Transaction, accountId: number, oldest: readonly OldestRow[], upTo: number): void {
    const removed = oldest.reduce((sum, { id, bytes }) => (id <= upTo ? sum + bytes : sum), 0);
    this.#storedBytes.removing(tx, accountId, removed, this.highestIdEver(accountId));
    tx.write("update sent_logs set pruned_up_to = ? where account_id = ?", upTo, accountId);
    tx.write("delete from sent_messages where account_id = ? and id <= ?", accountId, upTo);
  }
}

interface OldestRow {
  id: number;
  recipient: FullAddress;
  sentAt: number;
  state: DeliveryState;
  bytes: number;
}

function columnsOf(
  accountId: number,
  id: number,
  { kind, recipient, text: wholeText, sentAt, idempotencyKey, conversationSeq, groupMessageId }: NewSentMessage,
  text: string,
  state: DeliveryState,
  reason: FailureReason | null,
): SqlValue[] {
  const bytes = utf8Length(wholeText);
  return [
    ...[accountId, id, kind, recipient, text, bytes, sentAt, state, reason, idempotencyKey, conversationSeq],
    groupMessageId,
  ];
}

const addSettledQuery = `insert into sent_messages (account_id, id, kind, recipient, text, text_bytes, sent_at, state, reason,
    idempotency_key, conversation_seq, group_message_id, mailbox_id, mailbox_message_id)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const addQueuedQuery = `insert into sent_messages (account_id, id, kind, recipient, text, text_bytes, sent_at, state, reason,
    idempotency_key, conversation_seq, group_message_id, uid, destination, queue_position, failures_at_enqueue)
  values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
    coalesce((select queue_position from sent_messages where destination = ?14 and queue_position is not null
      order by queue_position desc limit 1), 0) + 1, ?15)`;
const settleQuery = `update sent_messages set state = ?, reason = ?, queue_position = null, group_message_id = ?
  where account_id = ? and id = ?
  returning kind, recipient, conversation_seq conversationSeq, group_message_id groupMessageId`;
const oldestQuery = `select id, recipient, sent_at sentAt, state, ${storedBytesSql("text_bytes")} bytes
  from sent_messages where account_id = ? order by id limit ?`;
const countedQuery = "select counted_up_to upTo, counted_bytes bytes from sent_logs where account_id = ?";
const bytesAfterQuery = `select coalesce(sum(${storedBytesSql("text_bytes")}), 0) bytes
  from sent_messages where account_id = ? and id > ?`;
const saveCountedQuery = `insert into sent_logs (account_id, pruned_up_to, counted_up_to, counted_bytes)
  values (?1, 0, ?2, ?3)
  on conflict (account_id) do update set counted_up_to = ?2, counted_bytes = ?3`;
const lastIdQuery = `select max(coalesce((select max(id) from sent_messages where account_id = ?1), 0),
  coalesce((select pruned_up_to from sent_logs where account_id = ?1), 0)) id`;
const destinationsQuery = `with recursive waiting (destination) as (
    select min(destination) from sent_messages where queue_position is not null
    union all
    select (select min(destination) from sent_messages
      where queue_position is not null and destination > waiting.destination)
    from waiting where waiting.destination is not null
  )
  select destination from waiting where destination is not null`;
