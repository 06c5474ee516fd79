import type { PageOptions } from "../protocol/commands.ts";
import type { Answer } from "../protocol/replies.ts";
import type { Clock, Timer } from "../storage/clock.ts";
import { Waiters } from "../storage/waiters.ts";
import { canFill, isEmpty, type Range, rangeOf } from "./page-range.ts";
import { type Chunk, pageAnswer } from "./page-stream.ts";

/** Rows in the order of their ids, which only grow: a mailbox, a group, a conversation. */
export interface Source {
  /** Whoever waits for the source is woken by this. */
  key: string | number;
  /** The highest id, 0 for none. */
  newest(): number;
  /** One chunk from the start of a range. */
  chunk(range: Range): Chunk;
}

/** Whose long polls are counted together, and how many of them may be open. */
export interface Reader {
  name: string;
  polls: number;
}

/** Reads sources page by page, waits for what is to come, and streams where there is much. */
export class Polls {
  readonly #waiters: Waiters<string | number | symbol>;
  /** Long polls that are open, by reader, the oldest first: what ends each. */
  readonly #open = new Map<string, Set<() => void>>();
  readonly #clock: Clock;

  constructor(clock: Clock, timer: Timer) {
    this.#waiters = new Waiters(timer);
    this.#clock = clock;
  }

  /** To be called after a commit: whoever waits for a source hears that it has grown. */
  wake(key: Source["key"]): void {
    this.#waiters.wake(key);
  }

  async read(source: Source, page: PageOptions, reader: Reader): Promise<Answer> {
    return pageAnswer(await this.firstChunk(source, page, reader), (rest) => source.chunk(rest));
  }

  /** The first chunk of a page; waits for it as long as the page says. */
  async firstChunk(source: Source, page: PageOptions, reader: Reader): Promise<Chunk> {
    const newest = source.newest();
    let range = rangeOf(page, newest);
    if (isEmpty(range) && page.wait && canFill(page, newest)) {
      range = await this.#arrival(source, page, reader, this.#clock() + page.wait * 1000);
    }
    return source.chunk(range);
  }

  /**
   * Waits until a page has something to show. Whoever opens one poll too many ends the oldest of their own: its client
   * may be long gone, and if not it asks again.
   */
  async #arrival(source: Source, page: PageOptions, reader: Reader, deadline: number): Promise<Range> {
    const polls = this.#open.get(reader.name) ?? new Set();
    this.#open.set(reader.name, polls);
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
        if (left > 0 && !isOver) await this.#waiters.wait([source.key, poll], left);
        const range = rangeOf(page, source.newest());
        if (!isEmpty(range) || isOver || deadline - this.#clock() <= 0) return range;
      }
    } finally {
      polls.delete(end);
      if (polls.size === 0) this.#open.delete(reader.name);
    }
  }
}
