import { limits } from "../limits.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Message } from "../protocol/replies.ts";
import { Recall } from "../recall.ts";
import { first, type Sql, type Transaction } from "../sql.ts";
import { type Range, removable } from "./pages.ts";
import { type Chunk, chunkOf, chunkOfParts, type Part } from "./stream.ts";

export type LogKind = "mailbox" | "group";

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

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** A transaction that drops what is kept at hand when it is rolled back. */
  within(transaction: Transaction): Transaction {
    return this.#mailboxes.within(this.#last.within(transaction));
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
    this.#last.set(log, id);
    return id;
  }

  /** Stores a message under the number that it has elsewhere. @returns false where that one has been here */
  copy(log: number, id: number, { from, text, time, arrived }: NewMessage): boolean {
    const last = this.last(log);
    const stored = first(this.#sql, copyQuery, log, id, from, text, time, arrived) !== null;
    if (stored && id > last) this.#last.set(log, id);
    return stored;
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

  newest(log: number): number {
    return first<{ id: number | null }>(this.#sql, newestQuery, log)?.id ?? 0;
  }

  /**
   * One chunk from the start of a range. What the storage writes as JSON itself crosses from it as one text instead of four
   * values a row; long messages are taken one by one, until the chunk is full.
   */
  chunk(log: number, range: Range): Chunk {
    const most = Math.min(range.rows, limits.chunkRows);
    const parts: Part[] = [];
    let taken = 0;
    for (let chars = 0; taken < most && chars <= limits.chunkMaxChars; ) {
      const after = parts.at(-1)?.last ?? range.after;
      const part = this.#part(log, after, range.until, Math.min(most - taken, limits.partRows));
      if (!part) break;
      if (part.json === null) {
        if (taken > 0) break;
        return chunkOf(this.#sql.exec<Row>(chunkQuery, log, after, range.until, most), range, jsonOf);
      }
      parts.push(part);
      taken += part.rows;
      chars += part.json.length;
    }
    return chunkOfParts(parts, range);
  }

  /** The same, each message as a live socket hears it. */
  liveChunk(log: number, range: Range): Chunk {
    const rows = this.#sql.exec<Row>(chunkQuery, log, range.after, range.until, limits.chunkRows);
    return chunkOf(rows, range, ({ id, sender, line, ...row }) =>
      JSON.stringify(told(id, { from: sender, ...row, ...(line !== null && { line }) })),
    );
  }

  /** @returns null where nothing is left; its JSON is null where it is too long to be taken together */
  #part(log: number, after: number, until: number, most: number): Part | null {
    return first<{ [K in keyof Part]: Part[K] }>(this.#sql, partQuery, log, after, until, most, limits.chunkMaxChars);
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
    this.#sql.exec("delete from messages where log = ? and id <= ?", log, old.upTo);
    return old.isMore;
  }
}

type Row = { id: number; sender: FullAddress; text: string; time: number; line: number | null };

const appendQuery = `insert into messages (log, id, uid, sender, text, time, arrived, line)
  values (?, ?, ?, ?, ?, ?, ?, ?)`;
const copyQuery = `insert into messages (log, id, sender, text, time, arrived)
  select ?1, ?2, ?3, ?4, ?5, ?6 where ?2 > (select floor from logs where id = ?1)
  on conflict (log, id) do nothing returning id`;
const lastQuery =
  "select coalesce((select max(id) from messages where log = ?1), (select floor from logs where id = ?1)) id";
const newestQuery = "select max(id) id from messages where log = ?";
const chunkQuery =
  "select id, sender, text, time, line from messages where log = ? and id > ? and id <= ? order by id limit ?";
/** The same JSON as `jsonOf` makes, byte for byte. The length is that in bytes, for which no text has to be read. */
const partQuery = `select iif(bytes <= ?5, substr(json, 2, length(json) - 2), null) json, rows, last from (
    select json_group_array(json_object('id', id, 'from', sender, 'text', text,
             'time', strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch'))) json,
           sum(octet_length(text)) bytes, count(*) rows, max(id) last
    from (select id, sender, text, time from messages where log = ?1 and id > ?2 and id <= ?3 order by id limit ?4))
  where rows > 0`;
/** For the test that asks SQLite how it would run them. */
export const queries = { newest: newestQuery, chunk: chunkQuery, part: partQuery };

function jsonOf({ id, sender, text, time }: Row): string {
  return JSON.stringify(shown(id, { from: sender, text, time }));
}

/** A message as its readers see it. */
export function shown(id: number, { from, text, time }: Pick<NewMessage, "from" | "text" | "time">): Message {
  return { id, from, text, time: new Date(time).toISOString() };
}

/** A private message as a live socket hears it. */
export function told(
  id: number,
  message: Pick<NewMessage, "from" | "text" | "time" | "line">,
): Message & { thread?: number } {
  return { ...shown(id, message), ...(message.line !== undefined && { thread: message.line }) };
}
