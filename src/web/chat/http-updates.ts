import type { LiveEvent } from "../../protocol/events.ts";
import type { ChatStore } from "./chat-store.ts";
import { ConnectionLost } from "./connection-state.ts";
import { areMessages } from "./protocol-guards.ts";
import { type Reply, replyData } from "./reply-parser.ts";

export interface HttpUpdatesDeps {
  store: ChatStore;
  /** @throws ConnectionLost */
  request(command: string, signal?: AbortSignal): Promise<Reply>;
  onEvent(event: LiveEvent): void;
  /** Loads what no waiting read reports: groups, own messages from other devices, states of queued messages. */
  refresh(): void;
  /** Waits for the next message of the open conversation and shows it. @returns false after an error @throws ConnectionLost */
  waitForNewer(seconds: number, signal: AbortSignal): Promise<boolean>;
  elapsed(): number;
}

/** The longest wait that the protocol allows. */
const waitMaxSeconds = 25;
/** Two reads that bring nothing are this far apart at least, also where a proxy answers or cuts a wait at once. */
const readIntervalMs = 1_000;
/** The same after an error. */
const retryIntervalMs = 5_000;

/**
 * Takes the place of live events where no socket gets through: one read waits for private messages, and one for messages of
 * the open conversation. Everything else is loaded again after each wait, so it is 25 s late at most.
 */
export class HttpUpdates {
  readonly #deps: HttpUpdatesDeps;
  #waitSeconds = waitMaxSeconds;
  #stopped: AbortController | null = null;
  /** Ends the wait for the open conversation. */
  #left = new AbortController();
  #followedKey: string | null = null;
  #unsubscribe: () => void = () => {};

  constructor(deps: HttpUpdatesDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#stopped) return;
    this.#stopped = new AbortController();
    void this.#followInbox(this.#stopped.signal);
    this.#unsubscribe = this.#deps.store.subscribe(() => this.#followOpenConversation());
    this.#followOpenConversation();
  }

  stop(): void {
    this.#stopped?.abort();
    this.#stopped = null;
    this.#left.abort();
    this.#followedKey = null;
    this.#unsubscribe();
  }

  async #followInbox(signal: AbortSignal): Promise<void> {
    let cursor: number | null = null;
    await this.#repeat(signal, async () => {
      const { request, onEvent, refresh } = this.#deps;
      const range: string = cursor === null ? "last=1" : `after=${cursor} limit=100 wait=${this.#waitSeconds}`;
      const messages = replyData(await request(`inbox ${range}`, signal), areMessages);
      if (!messages || signal.aborted) return false;
      if (cursor !== null) for (const data of messages) onEvent({ event: "message", data });
      cursor = messages.at(-1)?.id ?? cursor ?? 0;
      refresh();
      return true;
    });
  }

  /** Follows the conversation that is open now. */
  #followOpenConversation(): void {
    const { store, waitForNewer } = this.#deps;
    const { openKey } = store.state;
    if (openKey === this.#followedKey) return;
    this.#followedKey = openKey;
    this.#left.abort();
    this.#left = new AbortController();
    const { signal } = this.#left;
    if (openKey !== null) void this.#repeat(signal, () => waitForNewer(this.#waitSeconds, signal));
  }

  /** Repeats a read until the signal ends it. @param read returns false after an error */
  async #repeat(signal: AbortSignal, read: () => Promise<boolean>): Promise<void> {
    while (!signal.aborted) {
      const startedAt = this.#deps.elapsed();
      const isDone = await read().catch((error: unknown) => {
        if (!(error instanceof ConnectionLost)) throw error;
        // Some proxies end a request that is silent for a while.
        if (!signal.aborted) this.#waitSeconds = Math.max(1, this.#waitSeconds >> 1);
        return true;
      });
      const restMs = startedAt + (isDone ? readIntervalMs : retryIntervalMs) - this.#deps.elapsed();
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  }
}
