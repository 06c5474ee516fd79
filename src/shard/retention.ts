import { limits } from "../limits.ts";
import type { Threads } from "../messaging/conversations.ts";
import type { MessageStore } from "../messaging/message-store.ts";
import type { SentLog } from "../messaging/sent-log.ts";
import type { Clock } from "../storage/clock.ts";
import { first, type Sql } from "../storage/sql.ts";

/** Messages older than the realm's retention go, once a day, a piece at a time. Without a retention nothing runs. */
export class Retention {
  readonly #sql: Sql;
  readonly #messages: MessageStore;
  readonly #sent: SentLog;
  readonly #days: number | null;
  readonly #clock: Clock;
  readonly #threads: Threads;
  /** The last mailbox or group, and the last conversation, that this sweep is done with. An eviction starts it anew. */
  #done = 0;
  #doneThreads = 0;

  constructor(sql: Sql, messages: MessageStore, sent: SentLog, threads: Threads, days: number | null, clock: Clock) {
    this.#sql = sql;
    this.#messages = messages;
    this.#sent = sent;
    this.#threads = threads;
    this.#days = days;
    this.#clock = clock;
  }

  get isOn(): boolean {
    return this.#days !== null;
  }

  /** When to sweep next; null: never, since nothing is kept or everything is. */
  nextDue(): number | null {
    if (this.#days === null || !first(this.#sql, "select 1 from messages union all select 1 from sent limit 1"))
      return null;
    const swept = first<{ swept: number }>(this.#sql, "select swept from realm")?.swept ?? 0;
    return swept + limits.retentionEveryMs;
  }

  /** Goes on where it stopped. To be called inside a commit. @returns whether more is to be swept at once */
  sweep(): boolean {
    const now = this.#clock();
    const due = this.nextDue();
    if (this.#days === null || due === null || due > now) return false;
    const before = now - this.#days * dayMs;
    const logs = this.#sql
      .exec<{ id: number }>(
        "select id from logs where id > ? order by id limit ?",
        this.#done,
        limits.retentionChunkLogs,
      )
      .toArray();
    for (const { id } of logs) {
      const isMore = [this.#messages.sweep(id, before), this.#sent.sweep(id, before)].includes(true);
      if (isMore) return true;
      this.#done = id;
    }
    if (logs.length === limits.retentionChunkLogs || this.#sweepThreads()) return true;
    this.#done = 0;
    this.#doneThreads = 0;
    this.#sql.exec("update realm set swept = ?", now);
    return false;
  }

  /** The lines of conversations go after the messages that they point to. @returns whether there may be more */
  #sweepThreads(): boolean {
    const threads = this.#threads.after(this.#doneThreads, limits.retentionChunkLogs);
    for (const thread of threads) {
      if (this.#threads.sweep(thread)) return true;
      this.#doneThreads = thread;
    }
    return threads.length === limits.retentionChunkLogs;
  }
}

const dayMs = 24 * 60 * 60 * 1000;
