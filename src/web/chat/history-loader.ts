import type { ThreadMessage } from "../../protocol/replies.ts";
import type { ChatStore } from "./chat-store.ts";
import { historyCommand } from "./command-builder.ts";
import { ConnectionLost } from "./connection-state.ts";
import { appendPage, type MessageWindow, newestWindow, oldestWindow, pageSize, prependPage } from "./message-window.ts";
import { storedKeys } from "./pending-messages.ts";
import { areThreadMessages } from "./protocol-guards.ts";
import { type Reply, replyData, unreadableReply } from "./reply-parser.ts";
import { SingleFlight } from "./single-flight.ts";

type Request = (command: string, signal?: AbortSignal) => Promise<Reply>;

/** A part of a conversation, and what it changes. */
interface PageLoad {
  /** Such as `last=60`. */
  range: string;
  apply(held: MessageWindow, page: ThreadMessage[]): MessageWindow;
  /** The page has every message after the window, unless it is full. */
  isToEnd: boolean;
}

/** Loads pages of the open conversation into its window. */
export class HistoryLoader {
  readonly #store: ChatStore;
  readonly #request: Request;
  readonly #flights = new SingleFlight();

  /** @param request rejects with ConnectionLost */
  constructor(store: ChatStore, request: Request) {
    this.#store = store;
    this.#request = request;
  }

  loadNewest(): Promise<void> {
    const range = `last=${pageSize}`;
    return this.#loadOnce("newest", { range, apply: (_, page) => newestWindow(page), isToEnd: true });
  }

  loadOldest(): Promise<void> {
    const range = `after=0 limit=${pageSize}`;
    return this.#loadOnce("oldest", { range, apply: (_, page) => oldestWindow(page), isToEnd: true });
  }

  async loadOlder(): Promise<void> {
    const window = this.#store.openWindow;
    const first = window?.messages[0];
    if (!window || !first || window.reachesStart) return;
    const apply: PageLoad["apply"] = (held, page) =>
      held.messages[0]?.id === first.id ? prependPage(held, page) : held;
    await this.#loadOnce("older", { range: `last=${pageSize} before=${first.id}`, apply, isToEnd: false });
  }

  async loadNewer(): Promise<void> {
    if (this.#store.openWindow?.reachesEnd === false) await this.#loadOnce("newer", this.#afterLast());
  }

  /** Loads the messages after the last loaded one: after reconnecting, or if an event was missed. */
  async catchUp(): Promise<void> {
    const key = this.#store.state.openKey;
    if (key !== null) await this.#flights.runFresh(`missing ${key}`, () => this.#loadMissing(key));
  }

  /** Waits for the next message of the open conversation and shows it. @returns false after an error @throws ConnectionLost */
  async waitForNewer(seconds: number, signal: AbortSignal): Promise<boolean> {
    const key = this.#store.state.openKey;
    if (key === null || !this.#store.openWindow?.reachesEnd) return true;
    const { range, ...load } = this.#afterLast();
    return (await this.#load(key, { ...load, range: `${range} wait=${seconds}` }, signal)) !== null;
  }

  async #loadMissing(key: string): Promise<void> {
    if (this.#store.state.openKey !== key) return;
    const before = lastId(this.#store.openWindow);
    await this.#loadOnce("missed", this.#afterLast());
    // More than a page is missing: show the newest page, not everything in between.
    if (this.#store.openWindow?.reachesEnd === false) return this.loadNewest();
    const last = lastId(this.#store.openWindow);
    if (last > before && this.#store.conversation(key).newest > last) this.#flights.markStale(`missing ${key}`);
  }

  #afterLast(): PageLoad {
    const last = lastId(this.#store.openWindow);
    return {
      range: `after=${last} limit=${pageSize}`,
      // The window may change before the reply, so that the page no longer follows its last message.
      apply: (held, page) => (lastId(held) === last ? appendPage(held, page) : held),
      isToEnd: true,
    };
  }

  /** Does nothing while a load of the same name is running. */
  async #loadOnce(name: string, load: PageLoad): Promise<void> {
    const key = this.#store.state.openKey;
    if (key === null) return;
    await this.#flights.run(`${name} ${key}`, async () => {
      const window = await this.#load(key, load);
      // A message that arrived between request and reply is not in the page.
      const isBehind = window?.reachesEnd && this.#store.conversation(key).newest > lastId(window);
      if (isBehind && name !== "missed") void this.catchUp();
    });
  }

  /** @returns null if nothing was loaded */
  async #load(key: string, { range, apply, isToEnd }: PageLoad, signal?: AbortSignal): Promise<MessageWindow | null> {
    const { kind, address } = this.#store.conversation(key);
    const stored = storedKeys(this.#store.state.pending, kind, address);
    const reply = await this.#request(historyCommand(kind, address, range), signal);
    if (signal?.aborted) throw new ConnectionLost();
    if (this.#store.state.openKey !== key) return null;
    const page = replyData(reply, areThreadMessages);
    if (!page) {
      this.#showError(key, reply.status === "ERROR" ? reply : unreadableReply);
      return null;
    }
    if (this.#store.state.loadError) this.#store.update({ loadError: null });
    const window = apply(this.#store.state.windows.get(key) ?? newestWindow([]), page);
    this.#store.setWindow(key, window);
    // The server had stored these messages before it read the page, so the window contains them.
    if (isToEnd && window.reachesEnd) this.#store.removePending(stored);
    return window;
  }

  /** A temporary error is retried as long as the page shows it. */
  #showError(key: string, error: Reply): void {
    this.#store.update({ loadError: error });
    if (error.retryAfter === undefined) return;
    setTimeout(() => {
      const { openKey, loadError } = this.#store.state;
      if (openKey === key && loadError === error) void this.loadNewest();
    }, 1000 * error.retryAfter);
  }
}

function lastId(window: MessageWindow | undefined): number {
  return window?.messages.at(-1)?.id ?? 0;
}
