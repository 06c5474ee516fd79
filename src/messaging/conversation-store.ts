import { limits } from "../limits.ts";
import { type Chunk, fillChunk } from "../paging/chunk.ts";
import type { PageSource } from "../paging/long-polls.ts";
import type { PageRange } from "../paging/page-range.ts";
import { toJson } from "../protocol/json.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { DeliveryState, ThreadMessage } from "../protocol/replies.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { conversationRowsQuery, prunableConversationQuery } from "./cross-store-queries.ts";
import type { MailboxLookup } from "./mailbox-lookup.ts";
import { prunableRows } from "./prunable-rows.ts";

/** The place that the next message of a conversation will take. Valid until another message is added. */
export interface NextEntry {
  key: string;
  /** Null: the message will be the first. */
  conversationId: number | null;
  seq: number;
  byFirst: boolean;
}

/** Where the message of a place is stored in this shard: in the recipient's mailbox, in the sender's log, or in both. */
export interface ConversationEntry {
  mailboxMessageId: number | null;
  sentMessageId: number | null;
}

/** A conversation as one of its two participants sees it. */
export interface ParticipantView {
  conversationId: number;
  reader: FullAddress;
  other: FullAddress;
  readerAccountId: number;
  /** Null: the other's account is not in this shard. */
  otherAccountId: number | null;
}

/** A conversation whose oldest messages were deleted, up to one. */
export interface PrunedConversation {
  conversationId: number;
  /** Its participants in this shard. */
  accountIds: number[];
  upTo: number;
  mayHaveMore: boolean;
}

interface ConversationRow {
  id: number;
  isOwn: number;
  text: string;
  time: number;
  sentMessageId: number | null;
  state: DeliveryState | null;
  reason: string | null;
  idempotencyKey: string | null;
}

/**
 * Private conversations (tables `conversations`, `conversation_messages`): for each message between two addresses, where it is
 * stored. Messages are numbered from 1 in each conversation, in the order in which this shard stored them. Two accounts of one
 * shard share the rows.
 */
export class ConversationStore {
  readonly #database: Reader;
  readonly #mailboxes: MailboxLookup;
  /** Conversations by their keys. A conversation is never removed. */
  readonly #ids: TransactionalCache<string, number>;
  /** The highest number that each conversation has ever had. */
  readonly #lastSeqs: TransactionalCache<number, number>;

  constructor(database: Reader, unitOfWork: Pick<UnitOfWork, "onRollback">, mailboxes: MailboxLookup) {
    this.#database = database;
    this.#mailboxes = mailboxes;
    this.#ids = new TransactionalCache(unitOfWork);
    this.#lastSeqs = new TransactionalCache(unitOfWork);
  }

  nextEntry(from: FullAddress, to: FullAddress): NextEntry {
    const key = conversationKey(from, to);
    const conversationId = this.#find(key);
    const seq = conversationId === null ? 1 : this.#lastSeq(conversationId) + 1;
    return { key, conversationId, seq, byFirst: from <= to };
  }

  /** Adds a message at a place that `nextEntry` gave in this transaction. */
  add(tx: Transaction, place: NextEntry, { mailboxMessageId, sentMessageId }: ConversationEntry): void {
    const id = place.conversationId ?? this.#create(tx, place.key);
    tx.write(addQuery, id, place.seq, place.byFirst ? 1 : 0, mailboxMessageId, sentMessageId);
    this.#lastSeqs.set(tx, id, place.seq);
    tx.emit({ type: "conversation-appended", conversationKey: place.key });
  }

  /** @returns null where the two have no conversation */
  view(reader: FullAddress, readerAccountId: number, other: FullAddress): ParticipantView | null {
    const conversationId = this.#find(conversationKey(reader, other));
    if (conversationId === null) return null;
    return { conversationId, reader, other, readerAccountId, otherAccountId: this.#mailboxes.find(other) };
  }

  /** A conversation for readers. A reader can wait for the first message of one that does not exist yet. */
  source(reader: FullAddress, readerAccountId: number, other: FullAddress): PageSource {
    const view = () => this.view(reader, readerAccountId, other);
    return {
      key: conversationKey(reader, other),
      newest: () => this.newestVisible(view()),
      chunk: (range) => this.#chunk(view(), range),
    };
  }

  /** The highest number that a participant can see; 0: there is none, or no conversation. */
  newestVisible(view: ParticipantView | null): number {
    if (!view) return 0;
    const { conversationId, reader, other } = view;
    return this.#database.first<{ id: number }>(newestVisibleQuery, conversationId, reader <= other ? 1 : 0)?.id ?? 0;
  }

  #chunk(view: ParticipantView | null, range: PageRange): Chunk {
    if (!view) return { rows: [], rest: null };
    const read = (after: number, until: number, rows: number) => this.#rows(view, after, until, rows);
    return fillChunk(range, read, (row) => {
      return { id: row.id, chars: row.text.length, json: toJson(toThreadMessage(view, row)) };
    });
  }

  #rows(view: ParticipantView, after: number, until: number, most: number): ConversationRow[] {
    const { conversationId, reader, other, readerAccountId, otherAccountId } = view;
    const isFirst = reader <= other ? 1 : 0;
    return this.#database.all<ConversationRow>(
      conversationRowsQuery,
      ...[conversationId, after, until, most, isFirst, readerAccountId, otherAccountId],
    );
  }

  /**
   * The account of an address is removed: its messages are nowhere any more, and a later account of this name numbers its own anew. The
   * other side keeps its places, and with them the numbers of the conversation.
   */
  forget(tx: Transaction, address: FullAddress): void {
    for (const query of forgetQueries) tx.write(query, address);
  }

  /** @returns null: the two have no conversation */
  idOf(a: FullAddress, b: FullAddress): number | null {
    return this.#find(conversationKey(a, b));
  }

  /** A conversation as one participant sees it, and the newest message that retention has deleted. */
  viewById(
    conversationId: number,
    reader: FullAddress,
    readerAccountId: number,
  ): (ParticipantView & { prunedUpTo: number }) | null {
    const row = this.#database.first<{ other: FullAddress; prunedUpTo: number }>(otherQuery, conversationId, reader);
    if (!row) return null;
    const { other, prunedUpTo } = row;
    const otherAccountId = this.#mailboxes.find(other);
    return { conversationId, reader, other, readerAccountId, otherAccountId, prunedUpTo };
  }

  /** One message of a conversation; null: it was deleted. */
  message(view: ParticipantView, seq: number): ThreadMessage | null {
    const [row] = this.#rows(view, seq - 1, seq, 1);
    return row ? toThreadMessage(view, row) : null;
  }

  /** Up to `most` conversations after a conversation, for retention. */
  conversationsAfter(conversationId: number, most: number): number[] {
    const query = "select id from conversations where id > ? order by id limit ?";
    return this.#database.all<{ id: number }>(query, conversationId, most).map(({ id }) => id);
  }

  /** Deletes the oldest places whose messages are gone, some at a time. @returns null where there are none */
  prune(tx: Transaction, conversationId: number): PrunedConversation | null {
    const query = "select first_address first, second_address second from conversations where id = ?";
    const pair = tx.first<{ first: FullAddress; second: FullAddress }>(query, conversationId);
    if (!pair) return null;
    const accounts = [this.#mailboxes.find(pair.first), this.#mailboxes.find(pair.second)];
    const oldest = tx.all<{ id: number; isKept: number }>(
      prunableConversationQuery,
      ...[conversationId, limits.retentionChunkRows, ...accounts],
    );
    const prunable = prunableRows(oldest, ({ isKept }) => isKept === 1);
    if (!prunable) return null;
    const { upTo, mayHaveMore } = prunable;
    tx.write("update conversations set pruned_up_to = ? where id = ?", upTo, conversationId);
    tx.write("delete from conversation_messages where conversation_id = ? and seq <= ?", conversationId, upTo);
    return { conversationId, accountIds: accounts.filter((id) => id !== null), upTo, mayHaveMore };
  }

  #lastSeq(conversationId: number): number {
    const load = () => this.#database.first<{ seq: number }>(lastSeqQuery, conversationId)?.seq ?? 0;
    return this.#lastSeqs.getOrLoad(conversationId, load);
  }

  #find(key: string): number | null {
    return this.#ids.getOrLoad(
      key,
      () => this.#database.first<{ id: number }>(findQuery, ...addressesOf(key))?.id ?? null,
    );
  }

  #create(tx: Transaction, key: string): number {
    const insert = "insert into conversations (first_address, second_address) values (?, ?) returning id";
    const row = tx.writeReturning<{ id: number }>(insert, ...addressesOf(key));
    if (!row) throw new Error("insert returned no row");
    this.#ids.set(tx, key, row.id);
    return row.id;
  }
}

/** The key of a conversation: its two addresses, the lesser first. */
export function conversationKey(a: FullAddress, b: FullAddress): string {
  return a <= b ? `${a} ${b}` : `${b} ${a}`;
}

function addressesOf(key: string): string[] {
  return key.split(" ");
}

function toThreadMessage({ reader, other }: ParticipantView, row: ConversationRow): ThreadMessage {
  const isOwn = row.isOwn === 1;
  const message = { id: row.id, from: isOwn ? reader : other, text: row.text, time: isoTime(row.time) };
  if (!isOwn) return message;
  return {
    ...message,
    ...(row.sentMessageId !== null && { sent: row.sentMessageId }),
    // A message that is gone from the sender's log is still in the mailbox: it was delivered.
    state: row.state ?? "delivered",
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.idempotencyKey !== null && { key: row.idempotencyKey }),
  };
}

const findQuery = "select id from conversations where first_address = ? and second_address = ?";
const addQuery = `insert into conversation_messages (conversation_id, seq, by_first, mailbox_message_id, sent_message_id)
  values (?, ?, ?, ?, ?)`;
const lastSeqQuery = `select coalesce((select max(seq) from conversation_messages where conversation_id = ?1),
  (select pruned_up_to from conversations where id = ?1)) seq`;
/** A participant sees what it has sent, and what is in its mailbox: a message was refused while it had no mailbox. */
const newestVisibleQuery = `select seq id from conversation_messages
  where conversation_id = ?1 and (by_first = ?2 or mailbox_message_id is not null) order by seq desc limit 1`;
const otherQuery = `select iif(first_address = ?2, second_address, first_address) other, pruned_up_to prunedUpTo
  from conversations where id = ?1`;

/** What the first address has sent is in its log of sent messages, and what the second has sent in the mailbox of the first. */
const forgetQueries = [
  `update conversation_messages set sent_message_id = iif(by_first = 1, null, sent_message_id),
     mailbox_message_id = iif(by_first = 1, mailbox_message_id, null)
   where conversation_id in (select id from conversations where first_address = ?)`,
  `update conversation_messages set sent_message_id = iif(by_first = 1, sent_message_id, null),
     mailbox_message_id = iif(by_first = 1, null, mailbox_message_id)
   where conversation_id in (select id from conversations where second_address = ?)`,
];
