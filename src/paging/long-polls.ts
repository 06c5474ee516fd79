import { limits } from "../limits.ts";
import type { PageOptions } from "../protocol/commands.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Answer } from "../protocol/replies.ts";
import type { Timer } from "../storage/clock.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { Waiters } from "../storage/waiters.ts";
import type { Chunk } from "./chunk.ts";
import { canStillFill, isEmptyRange, type PageRange, pageRangeOf } from "./page-range.ts";
import { pageReply } from "./page-reply.ts";

/** Rows in the order of their ids, which only grow: a mailbox, a group, a conversation. */
export interface PageSource {
  /** The number of a message log, or the key of a conversation: its events wake the readers. */
  key: string | number;
  /** The highest id, 0 for none. */
  newest(): number;
  /** One chunk from the start of a range. */
  chunk(range: PageRange): Chunk;
}

/** Who pays for long polls: all polls of one name are counted together. */
export interface PollOwner {
  name: string;
  maxPolls: number;
}

/** An account of this deployment as a reader. */
export function accountPollOwner(address: FullAddress): PollOwner {
  return { name: address, maxPolls: limits.pollsPerAccount };
}

/** Reads sources page by page, and waits for rows that do not exist yet. */
export class LongPolls {
  readonly #waiters: Waiters<string | number | symbol>;
  /** Open polls by reader, the oldest first; each function ends one. */
  readonly #open = new Map<string, Set<() => void>>();
  readonly #timer: Timer;

  constructor(timer: Timer) {
    this.#waiters = new Waiters(timer);
    this.#timer = timer;
  }

  /** Wakes the readers of everything that a commit has added to. */
  readonly onCommit: CommitListener = (events) => {
    for (const event of events) {
      if (event.type === "message-stored") this.#waiters.wake(event.logId);
      else if (event.type === "conversation-appended") this.#waiters.wake(event.conversationKey);
    }
  };

  /** Ends every waiting read with the page that it has. */
  endAll(): void {
    for (const polls of this.#open.values()) for (const end of [...polls]) end();
  }

  async read(source: PageSource, page: PageOptions, reader: PollOwner): Promise<Answer> {
    return pageReply(await this.readFirstChunk(source, page, reader), (rest) => source.chunk(rest));
  }

  /** The first chunk of a page; waits for it as long as the page says. */
  async readFirstChunk(source: PageSource, page: PageOptions, reader: PollOwner): Promise<Chunk> {
    const newest = source.newest();
    let range = pageRangeOf(page, newest);
    if (isEmptyRange(range) && page.wait && canStillFill(page, newest)) {
      range = await this.#waitForRows(source, page, reader, page.wait * 1000);
    }
    return source.chunk(range);
  }

  /**
   * Waits until a page has rows, or until `ms` milliseconds have elapsed: one timer counts them, whatever the clock says. A reader
   * that opens one poll too many ends its own oldest one, whose client may be long gone. A client that is still there asks again.
   */
  async #waitForRows(source: PageSource, page: PageOptions, reader: PollOwner, ms: number): Promise<PageRange> {
    const polls = this.#open.get(reader.name) ?? new Set();
    this.#open.set(reader.name, polls);
    let isEnded = false;
    const poll = Symbol();
    const end = () => {
      isEnded = true;
      polls.delete(end);
      this.#waiters.wake(poll);
    };
    const [oldest] = polls;
    if (oldest && polls.size >= reader.maxPolls) oldest();
    polls.add(end);
    const cancel = this.#timer(end, ms);
    try {
      for (;;) {
        await this.#waiters.untilWoken([source.key, poll]);
        const range = pageRangeOf(page, source.newest());
        if (!isEmptyRange(range) || isEnded) return range;
      }
    } finally {
      cancel();
      polls.delete(end);
      if (polls.size === 0) this.#open.delete(reader.name);
    }
  }
}
