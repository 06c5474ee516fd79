import type { ChatStore } from "./chat-store.ts";
import { markReadCommand } from "./command-builder.ts";
import { itemsWithReadMarker } from "./conversation-items.ts";
import type { Reply } from "./reply-parser.ts";

/** The server writes a row for each marker, so the page sends at most one per conversation in this time. */
const sendDelayMs = 1_000;

/** Moves the read marker of the open conversation: in the list at once, on the server a moment later. */
export class ReadMarkerSender {
  readonly #store: ChatStore;
  readonly #request: (command: string) => Promise<Reply>;
  /** Conversations whose marker is to be sent, each with its timer; null after a failed attempt. */
  readonly #unsent = new Map<string, ReturnType<typeof setTimeout> | null>();

  constructor(store: ChatStore, request: (command: string) => Promise<Reply>) {
    this.#store = store;
    this.#request = request;
  }

  /** The user sees the last loaded message of the open conversation. */
  markRead(): void {
    const { openKey: key, conversations } = this.#store.state;
    const conversation = key === null ? undefined : conversations.get(key);
    const last = this.#store.openWindow?.messages.at(-1)?.id ?? 0;
    if (!key || !conversation || conversation.unread === 0 || last <= conversation.read) return;
    this.#store.update({ conversations: itemsWithReadMarker(conversations, key, last) });
    if (this.#unsent.get(key) != null) return;
    const timer = setTimeout(() => this.#send(key), sendDelayMs);
    this.#unsent.set(key, timer);
  }

  /** Sends all markers now: after reconnecting, and before the page is closed. */
  flush(): void {
    for (const key of [...this.#unsent.keys()]) this.#send(key);
  }

  #send(key: string): void {
    clearTimeout(this.#unsent.get(key) ?? undefined);
    this.#unsent.delete(key);
    const { kind, address, read } = this.#store.conversation(key);
    this.#request(markReadCommand(kind, address, read)).then(
      (reply) => reply.retryAfter !== undefined && this.#sendAgain(key, reply.retryAfter * 1000),
      () => this.#sendAgain(key, null),
    );
  }

  /** @param delayMs null: after reconnecting */
  #sendAgain(key: string, delayMs: number | null): void {
    if (this.#unsent.has(key)) return;
    this.#unsent.set(key, delayMs === null ? null : setTimeout(() => this.#send(key), delayMs));
  }
}
