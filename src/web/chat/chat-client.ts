import { type ChatState, ChatStore } from "./chat-store.ts";
import { Connection, type ConnectionDeps } from "./connection.ts";
import { ConnectionLost, type ConnectionState, canRequest } from "./connection-state.ts";
import { conversationKey } from "./conversation-key.ts";
import { ConversationListLoader } from "./conversation-list-loader.ts";
import { EventHandler } from "./event-handler.ts";
import { EventQueue, type EventQueueDeps } from "./event-queue.ts";
import { HistoryLoader } from "./history-loader.ts";
import { HttpUpdates } from "./http-updates.ts";
import type { LoginSession } from "./login-storage.ts";
import { MessageSender } from "./message-sender.ts";
import { isSentMessageState } from "./protocol-guards.ts";
import { ReadMarkerSender } from "./read-marker-sender.ts";
import { type Reply, replyData } from "./reply-parser.ts";
import type { KeyValueStorage } from "./tab-storage.ts";

export interface ChatClientDeps extends ConnectionDeps, EventQueueDeps {
  /** Milliseconds since 1970. */
  now(): number;
  newKey(): string;
  storage: KeyValueStorage;
}

/** Stands in for a reply if HTTP fails. */
const noAnswer: Reply = { status: "ERROR", data: "", error: "no-answer", retryAfter: 5 };
/** Windows kept besides the open one, so that the page shows those conversations at once. */
const closedWindowsMax = 4;

/** The client of one session: its state, its connection, and the user's actions. */
export class ChatClient {
  readonly store: ChatStore;
  readonly list: ConversationListLoader;
  readonly history: HistoryLoader;
  readonly readMarkers: ReadMarkerSender;
  readonly sender: MessageSender;
  readonly #deps: ChatClientDeps;
  readonly #connection: Connection;
  readonly #events: EventHandler;
  readonly #httpUpdates: HttpUpdates;

  constructor(session: LoginSession, deps: ChatClientDeps) {
    this.#deps = deps;
    this.store = new ChatStore(session.user, deps.storage);
    const queue = new EventQueue(deps);
    this.#connection = new Connection(
      session.token,
      {
        onStateChange: (state) => this.#onStateChange(state),
        onEvent: (event) => queue.push(() => this.#events.handle(event)),
        onPing: (acknowledge) => queue.push(acknowledge),
      },
      deps,
    );
    const request = (command: string, signal?: AbortSignal) => this.request(command, signal);
    this.list = new ConversationListLoader(this.store, request);
    this.history = new HistoryLoader(this.store, request);
    this.readMarkers = new ReadMarkerSender(this.store, request);
    this.sender = new MessageSender(this.store, {
      request: (command) => this.#connection.request(command),
      isConnected: () => canRequest(this.#connection.state),
      newKey: () => deps.newKey(),
      now: () => deps.now(),
      onStored: (kind, address, message) => this.#events.addMessage(kind, address, message),
      catchUp: () => this.history.catchUp(),
    });
    this.#events = new EventHandler(this);
    this.#httpUpdates = new HttpUpdates({
      store: this.store,
      request,
      onEvent: (event) => this.#events.handle(event),
      refresh: () => this.#refresh(),
      waitForNewer: (seconds, signal) => this.history.waitForNewer(seconds, signal),
      elapsed: () => deps.elapsed(),
    });
  }

  start(): void {
    this.#connection.open();
  }

  stop(): void {
    this.readMarkers.flush();
    this.#httpUpdates.stop();
    this.#connection.close();
  }

  /** The user comes back to the page, or wants a connection now. */
  reconnectNow(): void {
    this.#connection.reconnectNow();
  }

  onOnline(): void {
    this.#connection.onOnline();
  }

  onOffline(): void {
    this.#connection.onOffline();
  }

  /** @throws ConnectionLost */
  async request(command: string, signal?: AbortSignal): Promise<Reply> {
    const reply = await this.#connection.request(command, signal);
    if (reply.error !== "reply-too-large") return reply;
    // A page of very long messages exceeds the frame limit. HTTP has no such limit.
    return this.#deps.post(command, signal).catch(() => noAnswer);
  }

  /** For commands that may change the conversation list. @throws ConnectionLost */
  async requestAndRefresh(command: string): Promise<Reply> {
    const reply = await this.request(command);
    await this.list.refresh();
    return reply;
  }

  /** @param key null closes the open conversation */
  openConversation(key: string | null): void {
    const { openKey, windows } = this.store.state;
    if (key === openKey) return;
    const own = key === null ? undefined : windows.get(key);
    const others = [...windows].filter(([each]) => each !== key).slice(-closedWindowsMax);
    this.store.update({
      openKey: key,
      loadError: null,
      windows: new Map(own && key ? [...others, [key, own]] : others),
    });
    // While disconnected nothing can be loaded; `#onConnected` does it later.
    if (key === null || !canRequest(this.#connection.state)) return;
    // The server sends no events of a group that the account only reads, so a kept window may be outdated.
    if (own?.reachesEnd) void this.history.catchUp();
    else void this.history.loadNewest();
  }

  #onStateChange(connection: ConnectionState): void {
    const before = this.store.state.connection.status;
    this.store.update({ connection });
    if (connection.status !== "polling") this.#httpUpdates.stop();
    if (!canRequest(connection)) this.sender.onConnectionLost();
    else if (connection.status !== before) this.#onConnected();
    if (connection.status === "polling") this.#httpUpdates.start();
  }

  #onConnected(): void {
    const { openWindow: own, state } = this.store;
    // The page can catch up only the open conversation; the other windows may have gaps now.
    this.store.update({ windows: new Map(own && state.openKey ? [[state.openKey, own]] : []), loadError: null });
    this.sender.sendReady();
    this.readMarkers.flush();
    this.#refresh();
  }

  /** Loads what has changed while no events came. */
  #refresh(): void {
    const { openWindow: own, state } = this.store;
    void this.list.refresh();
    void this.#loadFinalStates();
    if (own?.reachesEnd) void this.history.catchUp();
    else if (!own || this.#hasPendingInOpen(state)) void this.history.loadNewest();
  }

  /** The page shows pending messages at the end of the conversation, so the end must be loaded. */
  #hasPendingInOpen({ openKey, pending }: ChatState): boolean {
    return pending.some(({ kind, to }) => conversationKey(kind, to) === openKey);
  }

  /** The server does not repeat delivery events that the page missed while disconnected. */
  async #loadFinalStates(): Promise<void> {
    const { openWindow, state } = this.store;
    const queued = [...(openWindow?.messages ?? []), ...state.pending].filter((each) => each.state === "queued");
    try {
      for (const { sent } of queued) {
        const current = replyData(await this.request(`status ${sent}`), isSentMessageState);
        if (current && current.state !== "queued") this.#events.applyFinalState(current);
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
  }
}
