import type { ThreadMessage } from "../../protocol/replies.ts";
import type { ChatStore } from "./chat-store.ts";
import { historyCommand } from "./command-builder.ts";
import { appendPage, type MessageWindow, newestWindow, oldestWindow, pageSize, prependPage } from "./message-window.ts";
import { areThreadMessages } from "./protocol-guards.ts";
import { type Reply, replyData, unreadableReply } from "./reply-parser.ts";
import { SingleFlight } from "./single-flight.ts";

/** Loads pages of the open conversation into its window. */
export class HistoryLoader {
  readonly #store: ChatStore;
  readonly #request: (command: string) => Promise<Reply>;
  readonly #flights = new SingleFlight();

  /** @param request rejects with ConnectionLost */
  constructor(store: ChatStore, request: (command: string) => Promise<Reply>) {
    this.#store = store;
    this.#request = request;
  }

  loadNewest(): Promise<void> {
    return this.#load("newest", `last=${pageSize}`, (_, page) => newestWindow(page));
  }

  loadOldest(): Promise<void> {
    return this.#load("oldest", `after=0 limit=${pageSize}`, (_, page) => oldestWindow(page));
  }

  async loadOlder(): Promise<void> {
    const window = this.#store.openWindow;
    const first = window?.messages[0];
    if (!window || !first || window.reachesStart) return;
    await this.#load("older", `last=${pageSize} before=${first.id}`, (held, page) =>
      held.messages[0]?.id === first.id ? prependPage(held, page) : held,
    );
  }

  async loadNewer(): Promise<void> {
    if (this.#store.openWindow?.reachesEnd === false) await this.#loadAfterLast("newer");
  }

  /** Loads the messages after the last loaded one: after reconnecting, or if an event was missed. */
  async catchUp(): Promise<void> {
    const key = this.#store.state.openKey;
    if (key !== null) await this.#flights.runFresh(`missing ${key}`, () => this.#loadMissing(key));
  }

  async #loadMissing(key: string): Promise<void> {
    if (this.#store.state.openKey !== key) return;
    const before = lastId(this.#store.openWindow);
    await this.#loadAfterLast("missed");
    // More than a page is missing: show the newest page, not everything in between.
    if (this.#store.openWindow?.reachesEnd === false) return this.loadNewest();
    const last = lastId(this.#store.openWindow);
    if (last > before && this.#store.conversation(key).newest > last) this.#flights.markStale(`missing ${key}`);
  }

  async #loadAfterLast(name: string): Promise<void> {
    const last = lastId(this.#store.openWindow);
    // The window may change before the reply, so that the page no longer follows its last message.
    await this.#load(name, `after=${last} limit=${pageSize}`, (held, page) =>
      lastId(held) === last ? appendPage(held, page) : held,
    );
  }

  async #load(
    name: string,
    range: string,
    apply: (held: MessageWindow, page: ThreadMessage[]) => MessageWindow,
  ): Promise<void> {
    const key = this.#store.state.openKey;
    if (key === null) return;
    await this.#flights.run(`${name} ${key}`, async () => {
      const { kind, address } = this.#store.conversation(key);
      const reply = await this.#request(historyCommand(kind, address, range));
      if (this.#store.state.openKey !== key) return;
      const page = replyData(reply, areThreadMessages);
      if (!page) return this.#showError(key, reply.status === "ERROR" ? reply : unreadableReply);
      if (this.#store.state.loadError) this.#store.update({ loadError: null });
      const held = this.#store.state.windows.get(key) ?? newestWindow([]);
      const window = apply(held, page);
      this.#store.setWindow(key, window);
      // A message that arrived between request and reply is not in the page.
      const isBehind = window.reachesEnd && this.#store.conversation(key).newest > lastId(window);
      if (isBehind && name !== "missed") void this.catchUp();
    });
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
