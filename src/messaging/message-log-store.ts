import type { MessageContent } from "../domain-events.ts";
import { limits } from "../limits.ts";
import { type Chunk, fillChunk } from "../paging/chunk.ts";
import type { PageSource } from "../paging/long-polls.ts";
import type { PageRange } from "../paging/page-range.ts";
import { toJson } from "../protocol/json.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Message } from "../protocol/replies.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { prunableRows } from "./prunable-rows.ts";
import { type CountedBytes, StoredBytes, storedBytesOf, storedBytesSql } from "./stored-bytes.ts";

/** A mailbox is named by its account, a group by its name, a replica by the full address of its group. */
export type LogKind = "mailbox" | "group" | "replica";

/** Where a message is: its log, and its number in that log. */
export interface MessageRef {
  logId: number;
  messageId: number;
}

/** What became of a message for the end of a log. `duplicate`: the message with its uid is there already. */
export type AppendResult = { kind: "stored" | "duplicate"; id: number } | { kind: "full" };

export interface NewMessage extends MessageContent {
  /** Set where a delivery may bring the message twice; unique within the log. */
  uid: string | null;
  /** Milliseconds since 1970, by this realm's clock. */
  receivedAt: number;
}

/** Message logs: the mailboxes, groups and replicas of this shard (tables `message_logs`, `messages`). Ids count from 1. */
export class MessageLogStore {
  readonly #database: Reader;
  /** Mailboxes by name. */
  readonly #mailboxes: TransactionalCache<string, number>;
  /** The highest id that each log has ever had. */
  readonly #lastIds: TransactionalCache<number, number>;
  /** The highest id that each log has now. */
  readonly #newestIds: TransactionalCache<number, number>;
  /** The newest message of each log that retention has deleted. */
  readonly #prunedIds: TransactionalCache<number, number>;
  readonly #storedBytes: StoredBytes;
  readonly #maxBytes: number;

  /** @param maxBytes the most that one log stores */
  constructor(
    database: Reader,
    unitOfWork: Pick<UnitOfWork, "onRollback">,
    maxBytes: number = limits.quotasPerMessageLog * limits.accountQuotaBytes,
  ) {
    this.#database = database;
    this.#mailboxes = new TransactionalCache(unitOfWork);
    this.#lastIds = new TransactionalCache(unitOfWork);
    this.#newestIds = new TransactionalCache(unitOfWork);
    this.#prunedIds = new TransactionalCache(unitOfWork);
    this.#maxBytes = maxBytes;
    this.#storedBytes = new StoredBytes(
      {
        counted: (logId) => database.first<CountedBytes>(countedQuery, logId) ?? { upTo: 0, bytes: 0 },
        bytesAfter: (logId, id) => database.one<{ bytes: number }>(bytesAfterQuery, logId, id).bytes,
        save: (tx, logId, { upTo, bytes }) => tx.write(saveCountedQuery, upTo, bytes, logId),
      },
      unitOfWork,
    );
  }

  findLog(kind: LogKind, name: string): number | null {
    const load = () => this.#database.first<{ id: number }>(findLogQuery, kind, name)?.id ?? null;
    return kind === "mailbox" ? this.#mailboxes.getOrLoad(name, load) : load();
  }

  /** The name of a log of a kind; null: there is no such log, or it was dropped. */
  nameOf(logId: number, kind: LogKind): string | null {
    const query = "select name from message_logs where id = ? and kind = ? and is_dropped = 0";
    return this.#database.first<{ name: string }>(query, logId, kind)?.name ?? null;
  }

  /** Up to `most` logs after a log, for retention. */
  logsAfter(logId: number, most: number): number[] {
    const query = "select id from message_logs where id > ? order by id limit ?";
    return this.#database.all<{ id: number }>(query, logId, most).map(({ id }) => id);
  }

  get hasMessages(): boolean {
    return this.#database.first<{ one: number }>("select 1 one from messages limit 1") !== null;
  }

  addLog(tx: Transaction, kind: LogKind, name: string): number {
    const insert = "insert into message_logs (kind, name) values (?, ?) returning id";
    const row = tx.writeReturning<{ id: number }>(insert, kind, name);
    if (!row) throw new Error("insert returned no row");
    return row.id;
  }

  /**
   * Stores a message at the end of a log.
   *
   * @param group the address of the log's group; null: the log is a mailbox
   */
  append(tx: Transaction, logId: number, message: NewMessage, group: FullAddress | null): AppendResult {
    const { uid, from, text, time, receivedAt, conversationSeq } = message;
    const known = uid === null ? null : this.idOfUid(logId, uid);
    if (known !== null) return { kind: "duplicate", id: known };
    if (!this.hasRoomFor(logId, text)) return { kind: "full" };
    const id = this.highestIdEver(logId) + 1;
    tx.write(appendQuery, logId, id, uid, from, text, time, receivedAt, conversationSeq ?? null);
    this.#storedBytes.added(tx, logId, id, storedBytesOf(text));
    this.#noteNewest(tx, logId, id);
    tx.emit({ type: "message-stored", logId, messageId: id, message, group });
    return { kind: "stored", id };
  }

  /** Whether one more message fits into a log. */
  hasRoomFor(logId: number, text: string): boolean {
    return this.#storedBytes.of(logId) + storedBytesOf(text) <= this.#maxBytes;
  }

  /**
   * Stores a message of a group elsewhere under the number that it has there, after `hasRoomFor`. Only a message at the end is
   * announced: one that comes late is read in its place, and live sockets get numbers that only rise.
   *
   * @returns whether it was stored at the end
   */
  appendReplicated(tx: Transaction, logId: number, id: number, message: NewMessage, group: FullAddress): boolean {
    const last = this.highestIdEver(logId);
    const { from, text, time, receivedAt } = message;
    const row = tx.writeReturning<{ id: number }>(replicateQuery, logId, id, from, text, time, receivedAt);
    if (row !== null) this.#storedBytes.added(tx, logId, id, storedBytesOf(text));
    if (row === null || id <= last) {
      this.#newestIds.delete(tx, logId);
      return false;
    }
    this.#noteNewest(tx, logId, id);
    tx.emit({ type: "message-stored", logId, messageId: id, message, group });
    return true;
  }

  #noteNewest(tx: Transaction, logId: number, id: number): void {
    this.#lastIds.set(tx, logId, id);
    this.#newestIds.set(tx, logId, id);
  }

  /** The id of the message with a uid; null: there is none. */
  idOfUid(logId: number, uid: string): number | null {
    const query = "select id from messages where log_id = ? and uid = ?";
    return this.#database.first<{ id: number }>(query, logId, uid)?.id ?? null;
  }

  /** The messages of a log after one. No message is read for it, since ids have no gaps but at the old end. */
  countAfter(logId: number, messageId: number): number {
    return Math.max(0, this.highestIdEver(logId) - Math.max(messageId, this.#prunedUpTo(logId)));
  }

  #prunedUpTo(logId: number): number {
    const query = "select pruned_up_to id from message_logs where id = ?";
    return this.#prunedIds.getOrLoad(logId, () => this.#database.first<{ id: number }>(query, logId)?.id ?? 0);
  }

  /** The highest id that a log has ever had, 0 for none. */
  highestIdEver(logId: number): number {
    return this.#lastIds.getOrLoad(logId, () => this.#database.first<{ id: number }>(lastIdQuery, logId)?.id ?? 0);
  }

  /** The highest id that a log has now, 0 for none. */
  newestId(logId: number): number {
    const load = () => this.#database.one<{ id: number | null }>(newestIdQuery, logId).id ?? 0;
    return this.#newestIds.getOrLoad(logId, load);
  }

  /** A log for readers. */
  source(logId: number): PageSource {
    return {
      key: logId,
      newest: () => this.newestId(logId),
      chunk: (range) => this.chunk(logId, range),
    };
  }

  /** One chunk from the start of a range. */
  chunk(logId: number, range: PageRange): Chunk {
    return this.#fill<MessageColumns>(chunkQuery, logId, range, ([id, from, text, time]) => {
      // The text of `toJson(toMessage(…))` without the object: nothing in an address needs an escape.
      return `{"id":${id},"from":"${from}","text":${toJson(text)},"time":"${isoTime(time)}"}`;
    });
  }

  /** The same chunk, each message as a live socket gets it. */
  liveChunk(logId: number, range: PageRange): Chunk {
    return this.#fill<LiveMessageColumns>(liveChunkQuery, logId, range, ([id, from, text, time, conversationSeq]) =>
      toJson(toLiveMessage(id, { from, text, time, conversationSeq })),
    );
  }

  #fill<Row extends MessageColumns | LiveMessageColumns>(
    query: string,
    logId: number,
    range: PageRange,
    jsonOf: (row: Row) => string,
  ): Chunk {
    const read = (after: number, until: number, rows: number) =>
      this.#database.columns<Row>(query, logId, after, until, rows);
    return fillChunk(range, read, (row) => ({ id: row[0], chars: row[2].length, json: jsonOf(row) }));
  }

  /**
   * Deletes the oldest messages of a log, up to the first that is not old, some at a time.
   *
   * @param isOld decides by the time of receipt
   * @returns whether there may be more
   */
  prune(tx: Transaction, logId: number, isOld: (receivedAt: number) => boolean): boolean {
    const oldest = this.#oldest(tx, logId);
    const prunable = prunableRows(oldest, ({ receivedAt }) => !isOld(receivedAt));
    if (!prunable) return false;
    this.#deleteOldest(tx, logId, oldest, prunable.upTo);
    return prunable.mayHaveMore;
  }

  /** Deletes the oldest messages of a log, whatever their age. @returns the senders of the deleted messages */
  deleteSome(tx: Transaction, logId: number): FullAddress[] {
    const oldest = this.#oldest(tx, logId);
    const last = oldest.at(-1);
    if (last) this.#deleteOldest(tx, logId, oldest, last.id);
    return oldest.map(({ sender }) => sender);
  }

  #oldest(tx: Transaction, logId: number): OldestMessage[] {
    return tx.all<OldestMessage>(oldestQuery, logId, limits.retentionChunkRows);
  }

  /** No id is given twice, also after this. */
  #deleteOldest(tx: Transaction, logId: number, oldest: readonly OldestMessage[], upTo: number): void {
    const removed = oldest.reduce((sum, { id, bytes }) => (id <= upTo ? sum + bytes : sum), 0);
    this.#storedBytes.removing(tx, logId, removed, this.highestIdEver(logId));
    tx.write("update message_logs set pruned_up_to = ? where id = ?", upTo, logId);
    this.#prunedIds.set(tx, logId, upTo);
    this.#deleteUpTo(tx, logId, upTo);
  }

  /** Takes a log out of use: its name is free at once, and `deleteDropped` deletes its messages later, some at a time. */
  drop(tx: Transaction, logId: number): void {
    tx.write("update message_logs set is_dropped = 1 where id = ?", logId);
    this.#mailboxes.clear(tx);
    tx.emit({ type: "message-log-dropped" });
  }

  get hasDropped(): boolean {
    return this.#database.first<{ id: number }>(droppedQuery) !== null;
  }

  /** Deletes up to `most` messages of a dropped log, or the log itself. @returns whether there may be more */
  deleteDropped(tx: Transaction, most: number): boolean {
    const dropped = tx.first<{ id: number }>(droppedQuery);
    if (!dropped) return false;
    const upTo = tx.one<{ id: number | null }>(oldestIdsQuery, dropped.id, most).id;
    if (upTo !== null) this.#deleteUpTo(tx, dropped.id, upTo);
    if (this.newestId(dropped.id) === 0) tx.write(deleteLogQuery, dropped.id);
    return true;
  }

  #deleteUpTo(tx: Transaction, logId: number, upTo: number): void {
    tx.write("delete from messages where log_id = ? and id <= ?", logId, upTo);
    this.#newestIds.delete(tx, logId);
  }
}

/** A message as its readers get it. */
export function toMessage(id: number, { from, text, time }: MessageContent): Message {
  return { id, from, text, time: isoTime(time) };
}

/** A private message as a live socket gets it. */
export function toLiveMessage(id: number, message: MessageContent): Message & { thread?: number } {
  const { conversationSeq } = message;
  return { ...toMessage(id, message), ...(conversationSeq != null && { thread: conversationSeq }) };
}

interface OldestMessage {
  id: number;
  sender: FullAddress;
  receivedAt: number;
  bytes: number;
}
type MessageColumns = [id: number, from: FullAddress, text: string, time: number];
type LiveMessageColumns = [...MessageColumns, conversationSeq: number | null];

const findLogQuery = "select id from message_logs where kind = ? and name = ? and is_dropped = 0";
const appendQuery = `insert into messages (log_id, id, uid, sender, text, sent_at, received_at, conversation_seq)
  values (?, ?, ?, ?, ?, ?, ?, ?)`;
const replicateQuery = `insert into messages (log_id, id, sender, text, sent_at, received_at)
  select ?1, ?2, ?3, ?4, ?5, ?6 where ?2 > (select pruned_up_to from message_logs where id = ?1)
  on conflict (log_id, id) do nothing returning id`;
const lastIdQuery = `select coalesce((select max(id) from messages where log_id = ?1),
  (select pruned_up_to from message_logs where id = ?1)) id`;
const newestIdQuery = "select max(id) id from messages where log_id = ?";
const oldestIdsQuery = "select max(id) id from (select id from messages where log_id = ? order by id limit ?)";
const oldestQuery = `select id, sender, received_at receivedAt, ${storedBytesSql("octet_length(text)")} bytes
  from messages where log_id = ? order by id limit ?`;
const countedQuery = "select counted_up_to upTo, counted_bytes bytes from message_logs where id = ?";
const bytesAfterQuery = `select coalesce(sum(${storedBytesSql("octet_length(text)")}), 0) bytes
  from messages where log_id = ? and id > ?`;
const saveCountedQuery = "update message_logs set counted_up_to = ?, counted_bytes = ? where id = ?";
const chunkRange = "from messages where log_id = ? and id > ? and id <= ? order by id limit ?";
const chunkQuery = `select id, sender, text, sent_at ${chunkRange}`;
const liveChunkQuery = `select id, sender, text, sent_at, conversation_seq ${chunkRange}`;
/**
 * The newest log stays even when it is empty. Its number would be given to the next log, and a reader of the dropped group who
 * still waits would read that one.
 */
const droppedQuery = `select id from message_logs where is_dropped = 1 and
  (id < (select max(id) from message_logs) or exists (select 1 from messages where log_id = message_logs.id)) limit 1`;
const deleteLogQuery = "delete from message_logs where id = ?1 and id < (select max(id) from message_logs)";
/** For the test that reads SQLite's query plans. */
export const plannedQueries = { newestId: newestIdQuery, chunk: chunkQuery };
