import { limits } from "../limits.ts";
import type { Page } from "../protocol/commands.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
import type { Clock, Sql, Timer } from "../sql.ts";
import { Waiters } from "../waiters.ts";
import { canFill, isEmpty, type Range, rangeOf } from "./pages.ts";
import { MessageStore, type NewMessage } from "./store.ts";
import { type Chunk, pageAnswer } from "./stream.ts";

/** Mailboxes and groups alike: messages in order, read page by page, waited for, and streamed where there are many. */
export class Logs {
  readonly store: MessageStore;
  readonly #waiters: Waiters<number>;
  /** Long polls that are open, by reader. */
  readonly #polls = new Map<string, number>();
  /** Logs that have grown in the commit that is going on. */
  readonly #grown = new Set<number>();
  readonly #clock: Clock;

  constructor(sql: Sql, clock: Clock, timer: Timer) {
    this.#waiters = new Waiters(timer);
    this.store = new MessageStore(sql);
    this.#clock = clock;
  }

  /** To be called inside a commit. @returns false where the uid has been taken before */
  append(log: number, message: NewMessage): boolean {
    const id = this.store.append(log, message);
    if (id !== null) this.#grown.add(log);
    return id !== null;
  }

  /** To be called after a commit: whoever waits for a log that has grown hears of it. */
  announce(): void {
    for (const log of this.#grown) this.#waiters.wake(log);
    this.#grown.clear();
  }

  /** @param reader whose long polls are counted */
  async read(log: number, page: Page, reader: string): Promise<Answer> {
    const start = await this.firstChunk(log, page, reader);
    return "error" in start ? start : pageAnswer(start, (rest) => this.store.chunk(log, rest));
  }

  /** The first chunk of a page; waits for it as long as the page says. */
  async firstChunk(log: number, page: Page, reader: string): Promise<Chunk | Failure> {
    const newest = this.store.newest(log);
    let range = rangeOf(page, newest);
    if (isEmpty(range) && page.wait && canFill(page, newest)) {
      const open = this.#polls.get(reader) ?? 0;
      if (open >= limits.pollsPerAccount) return failure("too-many-waiting", {}, 1);
      this.#polls.set(reader, open + 1);
      range = await this.#arrival(log, page, this.#clock() + page.wait * 1000);
      this.#pollEnded(reader);
    }
    return this.store.chunk(log, range);
  }

  async #arrival(log: number, page: Page, deadline: number): Promise<Range> {
    for (;;) {
      const left = deadline - this.#clock();
      if (left > 0) await this.#waiters.wait([log], left);
      const range = rangeOf(page, this.store.newest(log));
      if (!isEmpty(range) || deadline - this.#clock() <= 0) return range;
    }
  }

  #pollEnded(reader: string): void {
    const open = (this.#polls.get(reader) ?? 1) - 1;
    if (open > 0) this.#polls.set(reader, open);
    else this.#polls.delete(reader);
  }
}
