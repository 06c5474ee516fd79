import { limits } from "../limits.ts";
import type { SentLog } from "../link/sent-log.ts";
import type { MessageStore } from "../message/store.ts";
import { type Clock, first, type Sql } from "../sql.ts";

/** Messages older than the realm's retention go, once a day, a piece at a time. Without a retention nothing runs. */
export class Retention {
  readonly #sql: Sql;
  readonly #messages: MessageStore;
  readonly #sent: SentLog;
  readonly #days: number | null;
  readonly #clock: Clock;

  constructor(sql: Sql, messages: MessageStore, sent: SentLog, days: number | null, clock: Clock) {
    this.#sql = sql;
    this.#messages = messages;
    this.#sent = sent;
    this.#days = days;
    this.#clock = clock;
  }

  /** When to sweep next; null: never, since nothing is kept or everything is. */
  nextDue(): number | null {
    if (this.#days === null || !first(this.#sql, "select 1 from messages limit 1")) return null;
    const swept = first<{ swept: number }>(this.#sql, "select swept from realm")?.swept ?? 0;
    return swept + limits.retentionEveryMs;
  }

  /** To be called inside a commit. @returns whether more is to be swept at once */
  sweep(): boolean {
    const due = this.nextDue();
    if (this.#days === null || due === null || due > this.#clock()) return false;
    const before = this.#clock() - this.#days * 24 * 60 * 60 * 1000;
    if (this.#messages.sweep(before) || this.#sent.sweep(before)) return true;
    this.#sql.exec("update realm set swept = ?", this.#clock());
    return false;
  }
}
