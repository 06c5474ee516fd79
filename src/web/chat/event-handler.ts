import type { ConversationKind } from "../../protocol/commands.ts";
import type { LiveEvent } from "../../protocol/events.ts";
import type { ThreadMessage } from "../../protocol/replies.ts";
import type { ChatStore } from "./chat-store.ts";
import { itemsWithFinalState, itemsWithReadMarker, itemsWithRole } from "./conversation-items.ts";
import { conversationKey } from "./conversation-key.ts";
import type { ConversationListLoader } from "./conversation-list-loader.ts";
import type { HistoryLoader } from "./history-loader.ts";
import type { MessageSender } from "./message-sender.ts";
import { applyMessage, windowWithFinalState } from "./message-window.ts";
import type { SentMessageState } from "./protocol-guards.ts";

export interface EventHandlerDeps {
  store: ChatStore;
  list: ConversationListLoader;
  history: HistoryLoader;
  sender: MessageSender;
}

/** Applies live events to the state. */
export class EventHandler {
  readonly #store: ChatStore;
  readonly #deps: EventHandlerDeps;

  constructor(deps: EventHandlerDeps) {
    this.#store = deps.store;
    this.#deps = deps;
  }

  handle(event: LiveEvent): void {
    switch (event.event) {
      case "message": {
        const { from, text, time, thread } = event.data;
        if (thread === undefined) this.#loadMessage(from, { ...event.data });
        else this.addMessage("private", from, { id: thread, from, text, time });
        break;
      }
      case "group-message": {
        const { group, ...message } = event.data;
        if (!this.#store.state.conversations.has(conversationKey("group", group))) this.#refreshList();
        this.addMessage("group", group, message);
        break;
      }
      case "sent": {
        const { to, thread, id, ...message } = event.data;
        this.addMessage("private", to, { ...message, id: thread, sent: id, from: this.#store.ownAddress });
        break;
      }
      case "delivery":
        this.applyFinalState(event.data);
        break;
      case "read": {
        const { kind, with: address, id } = event.data;
        const key = conversationKey(kind, address);
        this.#store.update({ conversations: itemsWithReadMarker(this.#store.state.conversations, key, id) });
        // Only the server can count the messages that are left.
        if (this.#store.conversation(key).unread > 0) this.#refreshList();
        break;
      }
      case "membership": {
        const { group, role } = event.data;
        this.#store.update({ conversations: itemsWithRole(this.#store.state.conversations, group, role) });
        this.#refreshList();
      }
    }
  }

  /** Adds a received message, or an own message that the server has stored. */
  addMessage(kind: ConversationKind, address: string, message: ThreadMessage): void {
    const key = conversationKey(kind, address);
    const isNew = message.id > this.#store.conversation(key).newest;
    this.#store.updateListItem(kind, address, message);
    if (message.state === "failed") this.#announceFailure(address, message);
    if (isNew && message.from !== this.#store.ownAddress) {
      this.#store.update({ announced: { kind, address, message } });
    }
    const held = this.#store.state.windows.get(key);
    if (!held) return;
    const { window, gap } = applyMessage(held, message);
    if (!gap) this.#store.setWindow(key, window);
    else if (key === this.#store.state.openKey) void this.#deps.history.catchUp();
    else this.#store.removeWindow(key);
  }

  applyFinalState({ id, to, state, reason }: SentMessageState): void {
    const final = reason === undefined ? { state } : { state, reason };
    this.#store.finalStates.record(id, final);
    const key = conversationKey("private", to);
    const held = this.#store.state.windows.get(key);
    if (held) this.#store.setWindow(key, windowWithFinalState(held, id, final));
    this.#store.update({ conversations: itemsWithFinalState(this.#store.state.conversations, to, id, final) });
    this.#deps.sender.applyFinalState(id, final);
    if (state === "failed") this.#announceFailure(to, { ...final, sent: id });
  }

  #announceFailure(to: string, { sent, reason }: Pick<ThreadMessage, "sent" | "reason">): void {
    if (sent !== undefined) this.#store.announceFailure({ id: sent, to, reason });
  }

  /** Without its number in the conversation, a message can only be loaded. Over HTTP the page learns no numbers. */
  #loadMessage(from: string, message: ThreadMessage): void {
    this.#refreshList();
    if (conversationKey("private", from) === this.#store.state.openKey) void this.#deps.history.catchUp();
    this.#store.update({ announced: { kind: "private", address: from, message } });
  }

  #refreshList(): void {
    void this.#deps.list.refresh();
  }
}
