import type { Notes } from "../notes.ts";
import type { Page } from "../protocol/commands.ts";
import type { Answer } from "../protocol/replies.ts";
import type { Clock, Sql, Timer } from "../sql.ts";
import { Waiters } from "../waiters.ts";
import { canFill, isEmpty, type Range, rangeOf } from "./pages.ts";
import { MessageStore, type NewMessage } from "./store.ts";
import { type Chunk, pageAnswer } from "./stream.ts";

/** A message that has just been stored. */
export interface Arrival {
  log: number;
  id: number;
  message: NewMessage;
}

/** Whose long polls are counted together, and how many of them may be open. */
export interface Reader {
  name: string;
  polls: number;
}

/** Mailboxes and groups alike: messages in order, read page by page, waited for, and streamed where there are many. */
export class Logs {
  readonly store: MessageStore;
  readonly #waiters: Waiters<number | symbol>;
  /** Long polls that are open, by reader, the oldest first: what ends each. */
  readonly #polls = new Map<string, Set<() => void>>();
  readonly #arrivals: Notes<Arrival>;
  readonly #clock: Clock;

  /** @param arrivals where each message is noted that is stored */
  constructor(sql: Sql, clock: Clock, timer: Timer, arrivals: Notes<Arrival>) {
    this.#arrivals = arrivals;
    this.#waiters = new Waiters(timer);
    this.store = new MessageStore(sql);
    this.#clock = clock;
  }

  /** To be called inside a commit. @returns false where the uid has been taken before */
  append(log: number, message: NewMessage): boolean {
    const id = this.store.append(log, message);
    if (id !== null) this.#arrivals.add({ log, id, message });
    return id !== null;
  }

  /** To be called after a commit: whoever waits for one of the logs hears that it has grown. */
  announce(arrivals: readonly Arrival[]): void {
    for (const log of new Set(arrivals.map((arrival) => arrival.log))) this.#waiters.wake(log);
  }

  async read(log: number, page: Page, reader: Reader): Promise<Answer> {
    const start = await this.firstChunk(log, page, reader);
    return pageAnswer(start, (rest) => this.store.chunk(log, rest));
  }

  /** The first chunk of a page; waits for it as long as the page says. */
  async firstChunk(log: number, page: Page, reader: Reader): Promise<Chunk> {
    const newest = this.store.newest(log);
    let range = rangeOf(page, newest);
    if (isEmpty(range) && page.wait && canFill(page, newest)) {
      range = await this.#arrival(log, page, reader, this.#clock() + page.wait * 1000);
    }
    return this.store.chunk(log, range);
  }

  /**
   * Waits until a page has something to show. Whoever opens one poll too many ends the oldest of their own: its client
   * may be long gone, and if not it asks again.
   */
  async #arrival(log: number, page: Page, reader: Reader, deadline: number): Promise<Range> {
    const polls = this.#polls.get(reader.name) ?? new Set();
    this.#polls.set(reader.name, polls);
    let isOver = false;
    const poll = Symbol();
    const end = () => {
      isOver = true;
      polls.delete(end);
      this.#waiters.wake(poll);
    };
    const [oldest] = polls;
    if (oldest && polls.size >= reader.polls) oldest();
    polls.add(end);
    try {
      for (;;) {
        const left = deadline - this.#clock();
        if (left > 0 && !isOver) await this.#waiters.wait([log, poll], left);
        const range = rangeOf(page, this.store.newest(log));
        if (!isEmpty(range) || isOver || deadline - this.#clock() <= 0) return range;
      }
    } finally {
      polls.delete(end);
      if (polls.size === 0) this.#polls.delete(reader.name);
    }
  }
}
