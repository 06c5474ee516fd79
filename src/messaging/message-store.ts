import { limits } from "../limits.ts";
import { type Range, removable } from "../paging/page-range.ts";
import { type Chunk, fill } from "../paging/page-stream.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Message } from "../protocol/replies.ts";
import { isoTime } from "../storage/iso-time.ts";
import { columns, first, type Sql, type Transaction } from "../storage/sql.ts";
import { Recall } from "../storage/transactional-cache.ts";

export type LogKind = "mailbox" | "group";

/** Where a message is: its log, and its number there. */
export interface Spot {
  log: number;
  id: number;
}

export interface NewMessage {
  /** Set where the message came over a link that may bring it twice. */
  uid: string | null;
  from: FullAddress;
  text: string;
  /** Milliseconds since 1970, by the clock of the sender's realm. */
  time: number;
  /** Milliseconds since 1970, by ours. */
  arrived: number;
  /** Its number in its conversation, for one in a mailbox. */
  line?: number;
}

/** The SQL of the logs: mailboxes and groups. */
export class MessageStore {
  readonly #sql: Sql;
  /** Mailboxes by name. Once made they stay. */
  readonly #mailboxes = new Recall<string, number>();
  /** The highest id that each log has ever had. */
  readonly #last = new Recall<number, number>();
  /** The highest id that each log has. */
  readonly #newest = new Recall<number, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** A transaction that drops what is kept at hand when it is rolled back. */
  within(transaction: Transaction): Transaction {
    return this.#mailboxes.within(this.#last.within(this.#newest.within(transaction)));
  }

  findLog(kind: LogKind, name: string): number | null {
    const query = "select id from logs where kind = ? and name = ?";
    const find = () => first<{ id: number }>(this.#sql, query, kind, name)?.id ?? null;
    return kind === "mailbox" ? this.#mailboxes.of(name, find) : find();
  }

  addLog(kind: LogKind, name: string): number {
    const row = first<{ id: number }>(
      this.#sql,
      "insert into logs (kind, name) values (?, ?) returning id",
      kind,
      name,
    );
    if (!row) throw new Error("insert returned no row");
    return row.id;
  }

  /** @returns the new id, or null where the uid has been taken before */
  append(log: number, { uid, from, text, time, arrived, line }: NewMessage): number | null {
    if (uid !== null && this.idOf(log, uid) !== null) return null;
    const id = this.last(log) + 1;
    this.#sql.exec(appendQuery, log, id, uid, from, text, time, arrived, line ?? null);
    this.#grown(log, id);
    return id;
  }

  /** Stores a message under the number that it has elsewhere. @returns false where that one has been here */
  copy(log: number, id: number, { from, text, time, arrived }: NewMessage): boolean {
    const last = this.last(log);
    const stored = first(this.#sql, copyQuery, log, id, from, text, time, arrived) !== null;
    if (stored && id > last) this.#grown(log, id);
    else this.#newest.forget(log);
    return stored;
  }

  #grown(log: number, newest: number): void {
    this.#last.set(log, newest);
    this.#newest.set(log, newest);
  }

  /** @returns the id of a message that came over a link, or null */
  idOf(log: number, uid: string): number | null {
    const row = first<{ id: number }>(this.#sql, "select id from messages where log = ? and uid = ?", log, uid);
    return row?.id ?? null;
  }

  /** The messages after `after` that others wrote, counted to `limits.unreadMax`. */
  unread(log: number, after: number, reader: FullAddress): number {
    const row = first<{ unread: number }>(
      this.#sql,
      `select count(*) unread from (select 1 from
         (select sender from messages where log = ? and id > ? order by id limit ?) where sender <> ? limit ?)`,
      log,
      after,
      limits.unreadScannedMax,
      reader,
      limits.unreadMax,
    );
    return row?.unread ?? 0;
  }

  /** The highest id that a log has ever had, whether its message is still there or not. */
  last(log: number): number {
    return this.#last.of(log, () => first<{ id: number }>(this.#sql, lastQuery, log)?.id ?? 0);
  }

  /** The highest id that a log has, 0 for none. */
  newest(log: number): number {
    return this.#newest.of(log, () => first<{ id: number | null }>(this.#sql, newestQuery, log)?.id ?? 0);
  }

  /** One chunk from the start of a range. */
  chunk(log: number, range: Range): Chunk {
    return this.#fill(log, range, ([id, from, text, time]) => {
      // What `JSON.stringify` makes of a message as `shown`, without the object: nothing in an address needs an escape.
      return `{"id":${id},"from":"${from}","text":${JSON.stringify(text)},"time":"${isoTime(time)}"}`;
    });
  }

  /** The same, each message as a live socket hears it. */
  liveChunk(log: number, range: Range): Chunk {
    return this.#fill(log, range, ([id, from, text, time, line]) =>
      JSON.stringify(told(id, { from, text, time, line })),
    );
  }

  #fill(log: number, range: Range, jsonOf: (row: Columns) => string): Chunk {
    const read = (after: number, until: number, rows: number) =>
      columns<Columns>(this.#sql, chunkQuery, log, after, until, rows);
    return fill(range, read, (row) => ({ id: row[0], chars: row[2].length, json: jsonOf(row) }));
  }

  /** Removes the oldest messages of a log, those that arrived before `before`, a piece at a time. @returns whether there may be more */
  sweep(log: number, before: number): boolean {
    const oldest = this.#sql
      .exec<{ id: number; arrived: number }>(
        "select id, arrived from messages where log = ? order by id limit ?",
        log,
        limits.retentionChunkRows,
      )
      .toArray();
    const old = removable(oldest, ({ arrived }) => arrived >= before);
    if (!old) return false;
    this.#sql.exec("update logs set floor = ? where id = ?", old.upTo, log);
    this.#remove(log, old.upTo);
    return old.isMore;
  }

  /** Removes the oldest messages of a log, whatever their age. @returns whether there may be more */
  removeOldest(log: number, most: number): boolean {
    const upTo = first<{ id: number | null }>(this.#sql, oldestQuery, log, most)?.id ?? null;
    if (upTo === null) return false;
    this.#remove(log, upTo);
    return this.newest(log) > 0;
  }

  #remove(log: number, upTo: number): void {
    this.#sql.exec("delete from messages where log = ? and id <= ?", log, upTo);
    this.#newest.forget(log);
  }
}

type Columns = [id: number, from: FullAddress, text: string, time: number, line: number | null];

const appendQuery = `insert into messages (log, id, uid, sender, text, time, arrived, line)
  values (?, ?, ?, ?, ?, ?, ?, ?)`;
const copyQuery = `insert into messages (log, id, sender, text, time, arrived)
  select ?1, ?2, ?3, ?4, ?5, ?6 where ?2 > (select floor from logs where id = ?1)
  on conflict (log, id) do nothing returning id`;
const lastQuery =
  "select coalesce((select max(id) from messages where log = ?1), (select floor from logs where id = ?1)) id";
const oldestQuery = "select max(id) id from (select id from messages where log = ? order by id limit ?)";
const newestQuery = "select max(id) id from messages where log = ?";
const chunkQuery =
  "select id, sender, text, time, line from messages where log = ? and id > ? and id <= ? order by id limit ?";
/** For the test that asks SQLite how it would run them. */
export const queries = { newest: newestQuery, chunk: chunkQuery };

/** A message as its readers see it. */
export function shown(id: number, { from, text, time }: Pick<NewMessage, "from" | "text" | "time">): Message {
  return { id, from, text, time: isoTime(time) };
}

/** A private message as a live socket hears it. */
export function told(
  id: number,
  message: Pick<NewMessage, "from" | "text" | "time"> & { line?: number | null },
): Message & { thread?: number } {
  return { ...shown(id, message), ...(message.line != null && { thread: message.line }) };
}
