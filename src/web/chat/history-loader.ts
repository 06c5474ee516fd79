import type { JoinedGroup, ConversationSummary as Thread } from "../../protocol/replies.ts";
import type { Store } from "./chat-state.ts";
import { markCommand, readCommand } from "./command.ts";
import { withGroups, withRead, withThreads } from "./conversations.ts";
import { LineLost } from "./live-connection.ts";
import { newestPage, oldestPage, pageRows, type Stretch, withNewer, withOlder } from "./message-window.ts";
import type { Reply, Row } from "./reply-parser.ts";

/** Groups whose newest message is asked for together, so that the list can show it. */
const previewsAtOnce = 50;
/** When a list that did not come is asked for again, where the server does not say. */
const retrySeconds = 5;
/** Reading is told to the server this often at most: each time is a row written. */
const markEveryMs = 1_000;

/** Reads what the page shows: the list, and parts of the conversation that is open. */
export class Reader {
  readonly #store: Store;
  readonly #ask: (command: string) => Promise<Reply>;
  readonly #underWay = new Set<string>();
  /** What somebody has asked for since it was last asked of the server. */
  readonly #stale = new Set<string>();
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Conversations whose mark is to be told to the server, with the timer that does it; null: the line was lost over it. */
  readonly #marks = new Map<string, ReturnType<typeof setTimeout> | null>();

  /** @param ask rejects with LineLost */
  constructor(store: Store, ask: (command: string) => Promise<Reply>) {
    this.#store = store;
    this.#ask = ask;
  }

  /** Reads the list. */
  refresh(): Promise<void> {
    return this.#fresh("list", () => this.#list());
  }

  async #list(): Promise<void> {
    clearTimeout(this.#again);
    const [threads, groups] = await Promise.all([this.#ask("threads"), this.#ask("groups")]);
    let { conversations } = this.#store.state;
    if (threads.status === "OK") conversations = withThreads(conversations, this.#withEnds(threads.data as Thread[]));
    if (groups.status === "OK") conversations = withGroups(conversations, groups.data as JoinedGroup[]);
    const isLoaded = threads.status === "OK" && groups.status === "OK";
    this.#store.set({ conversations, isLoaded: isLoaded || this.#store.state.isLoaded });
    const pause = 1000 * (threads.retryAfter ?? groups.retryAfter ?? retrySeconds);
    if (!isLoaded) this.#again = setTimeout(() => void this.refresh(), pause);
    await this.#preview();
  }

  #withEnds(threads: readonly Thread[]): Thread[] {
    return threads.map((thread) => ({ ...thread, last: this.#store.withEnd(thread.last) }));
  }

  toNewest(): Promise<void> {
    return this.#read("newest", `last=${pageRows}`, (_, page) => newestPage(page));
  }

  toOldest(): Promise<void> {
    return this.#read("oldest", `after=0 limit=${pageRows}`, (_, page) => oldestPage(page));
  }

  async older(): Promise<void> {
    const stretch = this.#store.openStretch;
    const first = stretch?.rows[0];
    if (!stretch || !first || stretch.reachesStart) return;
    await this.#read("older", `last=${pageRows} before=${first.id}`, (held, page) =>
      held.rows[0]?.id === first.id ? withOlder(held, page) : held,
    );
  }

  async newer(): Promise<void> {
    if (this.#store.openStretch?.reachesEnd === false) await this.#after("newer");
  }

  /** Reads what came after the last row that is held: after a pause of the line, or where an event was missed. */
  async catchUp(): Promise<void> {
    const key = this.#store.state.open;
    if (key !== null) await this.#fresh(`missing ${key}`, () => this.#fill(key));
  }

  async #fill(key: string): Promise<void> {
    if (this.#store.state.open !== key) return;
    const before = lastOf(this.#store.openStretch);
    await this.#after("missed");
    // So much was missed that it is better to begin at its end.
    if (this.#store.openStretch?.reachesEnd === false) return this.toNewest();
    const last = lastOf(this.#store.openStretch);
    if (last > before && this.#store.conversation(key).newest > last) this.#stale.add(`missing ${key}`);
  }

  async #after(what: string): Promise<void> {
    const last = lastOf(this.#store.openStretch);
    // Meanwhile the stretch may have become another, which this page has no place in.
    await this.#read(what, `after=${last} limit=${pageRows}`, (held, page) =>
      lastOf(held) === last ? withNewer(held, page) : held,
    );
  }

  /** The open conversation is before somebody's eyes, down to the last row that is held. */
  seen(): void {
    const key = this.#store.state.open;
    const known = key === null ? undefined : this.#store.state.conversations.get(key);
    const last = lastOf(this.#store.openStretch);
    if (!key || !known || known.unread === 0 || last <= known.read) return;
    const { kind, address } = known;
    this.#store.set({ conversations: withRead(this.#store.state.conversations, kind, address, last) });
    if (this.#marks.get(key) != null) return;
    const timer = setTimeout(() => this.#mark(key), markEveryMs);
    this.#marks.set(key, timer);
  }

  /** Tells the server now how far was read: the line is back, or the page goes. */
  flush(): void {
    for (const key of [...this.#marks.keys()]) this.#mark(key);
  }

  #mark(key: string): void {
    clearTimeout(this.#marks.get(key) ?? undefined);
    this.#marks.delete(key);
    const { kind, address, read } = this.#store.conversation(key);
    this.#ask(markCommand(kind, address, read)).catch(() => {
      if (!this.#marks.has(key)) this.#marks.set(key, null);
    });
  }

  /** `groups` says which message is the newest, and the list shows what it says. */
  async #preview(): Promise<void> {
    const stale = [...this.#store.state.conversations.values()].filter(
      ({ kind, role, newest, last }) => kind === "group" && role !== "invited" && newest > (last?.id ?? 0),
    );
    for (let at = 0; at < stale.length; at += previewsAtOnce) {
      await Promise.all(
        stale.slice(at, at + previewsAtOnce).map(async ({ kind, address }) => {
          const { status, data } = await this.#ask(readCommand(kind, address, "last=1"));
          const [row] = status === "OK" ? (data as Row[]) : [];
          if (row) this.#store.setMessage(kind, address, row);
        }),
      );
    }
  }

  async #read(what: string, range: string, place: (held: Stretch, page: Row[]) => Stretch): Promise<void> {
    const key = this.#store.state.open;
    if (key === null) return;
    await this.#once(`${what} ${key}`, async () => {
      const { kind, address } = this.#store.conversation(key);
      const reply = await this.#ask(readCommand(kind, address, range));
      if (this.#store.state.open !== key) return;
      if (reply.status === "ERROR") return this.#refused(key, reply);
      if (this.#store.state.refusal) this.#store.set({ refusal: null });
      const held = this.#store.state.stretches.get(key) ?? newestPage([]);
      const stretch = place(held, reply.data as Row[]);
      this.#store.setStretch(key, stretch);
      // A message that came between question and answer is not in it.
      const isBehind = stretch.reachesEnd && this.#store.conversation(key).newest > lastOf(stretch);
      if (isBehind && what !== "missed") void this.catchUp();
    });
  }

  /** What passes by itself is asked for once more, as long as somebody waits to see it. */
  #refused(key: string, refusal: Reply): void {
    this.#store.set({ refusal });
    if (refusal.retryAfter === undefined) return;
    setTimeout(() => {
      if (this.#store.state.open === key && this.#store.state.refusal === refusal) void this.toNewest();
    }, 1000 * refusal.retryAfter);
  }

  /** Reads something; again where it is asked for meanwhile, since the answer may be older than the question. */
  async #fresh(what: string, read: () => Promise<void>): Promise<void> {
    this.#stale.add(what);
    await this.#once(what, async () => {
      while (this.#stale.delete(what)) await read();
    });
  }

  /** The same thing is not read twice at a time. What the lost line leaves undone is done when it is back. */
  async #once(what: string, read: () => Promise<void>): Promise<void> {
    if (this.#underWay.has(what)) return;
    this.#underWay.add(what);
    try {
      await read();
    } catch (error) {
      if (!(error instanceof LineLost)) throw error;
    } finally {
      this.#underWay.delete(what);
    }
  }
}

function lastOf(stretch: Stretch | undefined): number {
  return stretch?.rows.at(-1)?.id ?? 0;
}
