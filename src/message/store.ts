import { limits } from "../limits.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Message } from "../protocol/replies.ts";
import { first, type Sql } from "../sql.ts";
import type { Range } from "./pages.ts";
import { type Chunk, chunkOf } from "./stream.ts";

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
}

/** The SQL of the logs: mailboxes and groups. */
export class MessageStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  findLog(kind: LogKind, name: string): number | null {
    return first<{ id: number }>(this.#sql, "select id from logs where kind = ? and name = ?", kind, name)?.id ?? null;
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
  append(log: number, message: NewMessage): number | null {
    const row = first<{ id: number }>(
      this.#sql,
      `insert into messages (log, id, uid, sender, text, time, arrived)
       values (?1, coalesce((select max(id) from messages where log = ?1), (select floor from logs where id = ?1)) + 1,
               ?2, ?3, ?4, ?5, ?6)
       on conflict (log, uid) where uid is not null do nothing
       returning id`,
      log,
      message.uid,
      message.from,
      message.text,
      message.time,
      message.arrived,
    );
    return row?.id ?? null;
  }

  /** Stores a message under the number that it has elsewhere. @returns false where that one, or a later one, has been here */
  copy(log: number, id: number, message: NewMessage): boolean {
    return (
      first(
        this.#sql,
        `insert into messages (log, id, sender, text, time, arrived)
         select ?1, ?2, ?3, ?4, ?5, ?6
         where ?2 > coalesce((select max(id) from messages where log = ?1), (select floor from logs where id = ?1))
         returning id`,
        log,
        id,
        message.from,
        message.text,
        message.time,
        message.arrived,
      ) !== null
    );
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
      `select count(*) unread from
         (select sender from messages where log = ? and id > ? order by id limit ?) where sender <> ?`,
      log,
      after,
      limits.unreadScannedMax,
      reader,
    );
    return Math.min(row?.unread ?? 0, limits.unreadMax);
  }

  /** The highest id that a log has ever had, whether its message is still there or not. */
  last(log: number): number {
    return first<{ id: number }>(this.#sql, lastQuery, log)?.id ?? 0;
  }

  newest(log: number): number {
    return first<{ id: number | null }>(this.#sql, newestQuery, log)?.id ?? 0;
  }

  /** One chunk from the start of a range. */
  chunk(log: number, range: Range): Chunk {
    const rows = this.#sql.exec<Row>(chunkQuery, log, range.after, range.until, Math.min(range.rows, limits.chunkRows));
    return chunkOf(rows, range, jsonOf);
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
    const fresh = oldest.findIndex(({ arrived }) => arrived >= before);
    const last = oldest.at(fresh < 0 ? -1 : fresh - 1);
    if (!last || fresh === 0) return false;
    this.#sql.exec("update logs set floor = ? where id = ?", last.id, log);
    this.#sql.exec("delete from messages where log = ? and id <= ?", log, last.id);
    return fresh < 0 && oldest.length === limits.retentionChunkRows;
  }
}

type Row = { id: number; sender: FullAddress; text: string; time: number };

const lastQuery =
  "select coalesce((select max(id) from messages where log = ?1), (select floor from logs where id = ?1)) id";
const newestQuery = "select max(id) id from messages where log = ?";
const chunkQuery =
  "select id, sender, text, time from messages where log = ? and id > ? and id <= ? order by id limit ?";
/** For the test that asks SQLite how it would run them. */
export const queries = { newest: newestQuery, chunk: chunkQuery };

function jsonOf({ id, sender, text, time }: Row): string {
  return JSON.stringify(shown(id, { from: sender, text, time }));
}

/** A message as its readers see it. */
export function shown(id: number, { from, text, time }: Pick<NewMessage, "from" | "text" | "time">): Message {
  return { id, from, text, time: new Date(time).toISOString() };
}
