import type { ConversationKind } from "../../protocol/commands.ts";
import type { ThreadMessage } from "../../protocol/replies.ts";
import type { ConnectionState } from "./connection-state.ts";
import {
  type ConversationItems,
  type ConversationListItem,
  emptyItem,
  itemsWithMessage,
} from "./conversation-items.ts";
import { splitConversationKey } from "./conversation-key.ts";
import { FinalStates } from "./final-delivery-states.ts";
import type { MessageWindow } from "./message-window.ts";
import {
  type PendingMessages,
  parsePendingMessages,
  removeStoredInGroup,
  removeStoredPrivate,
} from "./pending-messages.ts";
import type { Reply } from "./reply-parser.ts";
import type { KeyValueStorage } from "./tab-storage.ts";

/** Everything that the page shows of a session. Immutable: each change makes a new one. */
export interface ChatState {
  connection: ConnectionState;
  /** The conversation list has been loaded once. */
  isListLoaded: boolean;
  conversations: ConversationItems;
  pending: PendingMessages;
  /** Key of the open conversation. */
  openKey: string | null;
  /** The loaded messages of conversations that were opened, by conversation key. */
  windows: ReadonlyMap<string, MessageWindow>;
  /** The error reply to the last attempt to load the open conversation. */
  loadError: Reply | null;
  /** The newest message of another sender, for screen readers to announce. */
  announced: { kind: ConversationKind; address: string; message: ThreadMessage } | null;
  /** The newest own message that has failed, for screen readers to announce. */
  failed: FailedMessage | null;
}

export interface FailedMessage {
  /** Its number in the sent log, or its idempotency key. */
  id: number | string;
  to: string;
  /** The error code. */
  reason?: string | undefined;
  /** The server's error text. */
  sentence?: string | undefined;
}

/** Holds the state and keeps its parts consistent: list, windows and pending messages. */
export class ChatStore {
  readonly ownAddress: string;
  readonly finalStates = new FinalStates();
  readonly #storage: KeyValueStorage;
  readonly #listeners = new Set<() => void>();
  #state: ChatState;

  constructor(ownAddress: string, storage: KeyValueStorage) {
    this.ownAddress = ownAddress;
    this.#storage = storage;
    this.#state = {
      connection: { status: "connecting", problem: null },
      isListLoaded: false,
      conversations: new Map(),
      pending: parsePendingMessages(storage.getItem(this.#storageKey)),
      openKey: null,
      windows: new Map(),
      loadError: null,
      announced: null,
      failed: null,
    };
  }

  get state(): ChatState {
    return this.#state;
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  conversation(key: string): ConversationListItem {
    const { kind, address } = splitConversationKey(key);
    return this.#state.conversations.get(key) ?? emptyItem(kind, address);
  }

  get openWindow(): MessageWindow | undefined {
    return this.#state.openKey === null ? undefined : this.#state.windows.get(this.#state.openKey);
  }

  update(change: Partial<ChatState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** Applies a message to the conversation list. */
  updateListItem(kind: ConversationKind, address: string, message: ThreadMessage): void {
    const conversation = { kind, address, ownAddress: this.ownAddress };
    const current = this.finalStates.applyTo(message);
    this.update({ conversations: itemsWithMessage(this.#state.conversations, current, conversation) });
  }

  /** Sets the loaded messages of a conversation. Pending messages that they contain are removed. */
  setWindow(key: string, window: MessageWindow): void {
    const messages = window.messages.map((message) => this.finalStates.applyTo(message));
    this.update({ windows: new Map(this.#state.windows).set(key, { ...window, messages }) });
    const { kind, address } = this.conversation(key);
    const last = window.messages.at(-1);
    if (last && window.reachesEnd) this.updateListItem(kind, address, last);
    const { pending } = this.#state;
    this.setPending(
      kind === "private"
        ? removeStoredPrivate(pending, window.messages)
        : removeStoredInGroup(pending, address, window.messages, this.ownAddress),
    );
  }

  removeWindow(key: string): void {
    const windows = new Map(this.#state.windows);
    windows.delete(key);
    this.update({ windows });
  }

  setPending(pending: PendingMessages): void {
    if (pending === this.#state.pending) return;
    if (pending.length > 0) this.#storage.setItem(this.#storageKey, JSON.stringify(pending));
    else this.#storage.removeItem(this.#storageKey);
    this.update({ pending });
  }

  /** @param keys idempotency keys */
  removePending(keys: ReadonlySet<string>): void {
    if (keys.size > 0) this.setPending(this.#state.pending.filter(({ key }) => !keys.has(key)));
  }

  /** One failure may be reported by a reply and by an event. */
  announceFailure(failed: FailedMessage): void {
    if (failed.id !== this.#state.failed?.id) this.update({ failed });
  }

  get #storageKey(): string {
    return `ranah-outbox ${this.ownAddress}`;
  }
}
