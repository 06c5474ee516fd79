import type { ConversationKind } from "../../protocol/commands.ts";
import type { ThreadMessage } from "../../protocol/replies.ts";
import type { ChatStore } from "./chat-store.ts";
import { fitsCommandLimit, sendCommand } from "./command-builder.ts";
import { ConnectionLost } from "./connection-state.ts";
import { conversationKey } from "./conversation-key.ts";
import type { FinalState } from "./final-delivery-states.ts";
import {
  addPending,
  applySendReply,
  isRetryableReply,
  markSending,
  type PendingMessage,
  type PendingMessages,
  pendingWithFinalState,
  readyToSend,
  removePending,
  removeStoredInGroup,
  requeueSending,
  retryFailed,
  storedKeys,
} from "./pending-messages.ts";
import type { Reply } from "./reply-parser.ts";

export interface MessageSenderDeps {
  /** @throws ConnectionLost */
  request(command: string): Promise<Reply>;
  isConnected(): boolean;
  newKey(): string;
  now(): number;
  /** Called for each pending message that the server has stored. */
  onStored(kind: ConversationKind, address: string, message: ThreadMessage): void;
  /** Loads the messages that the open conversation is missing. */
  catchUp(): Promise<void>;
}

/** How long the event of an own message may take before the page loads the conversation. */
const eventTimeoutMs = 300;
/** The delay before a message is sent again whose reply was lost although the connection was not. */
const retrySeconds = 1;

/** Sends pending messages, one at a time in each conversation, and retries them until the server answers. */
export class MessageSender {
  readonly #store: ChatStore;
  readonly #deps: MessageSenderDeps;

  constructor(store: ChatStore, deps: MessageSenderDeps) {
    this.#store = store;
    this.#deps = deps;
  }

  /** Sends a message now, or after reconnecting. @returns false if the message is too long */
  send(key: string, written: string): boolean {
    const { kind, address } = this.#store.conversation(key);
    const idempotencyKey = this.#deps.newKey();
    // Half of a surrogate pair cannot be encoded. The browser would replace it on the way.
    const text = written.toWellFormed();
    if (!fitsCommandLimit(sendCommand(kind, address, text, idempotencyKey))) return false;
    const message = { key: idempotencyKey, kind, to: address, text, written: new Date(this.#deps.now()).toISOString() };
    this.#store.setPending(addPending(this.#pending, message));
    this.sendReady();
    return true;
  }

  /** @param key the idempotency key of a failed message */
  retry(key: string): void {
    this.#store.setPending(retryFailed(this.#pending, key, this.#deps.newKey()));
    this.sendReady();
  }

  discard(key: string): void {
    this.#store.setPending(removePending(this.#pending, key));
  }

  /** Removes everything, since unsent messages must not outlive the session. */
  discardAll(): void {
    this.#store.setPending([]);
  }

  onConnectionLost(): void {
    this.#store.setPending(requeueSending(this.#pending));
  }

  /** Sends the next message of each conversation. Each reply calls this again. */
  sendReady(): void {
    if (!this.#deps.isConnected()) return;
    for (const message of readyToSend(this.#pending)) void this.#send(message);
  }

  /** @param sentId number of the message in the sender's sent log */
  applyFinalState(sentId: number, final: FinalState): void {
    const message = this.#pending.find((each) => each.sent === sentId);
    if (!message) return;
    this.#store.setPending(pendingWithFinalState(this.#pending, sentId, final));
    this.#removeStored(message.kind, message.to);
  }

  get #pending(): PendingMessages {
    return this.#store.state.pending;
  }

  async #send({ key, kind, to, text }: PendingMessage): Promise<void> {
    const { newest } = this.#store.conversation(conversationKey(kind, to));
    this.#store.setPending(markSending(this.#pending, key, newest));
    let reply: Reply;
    try {
      reply = await this.#deps.request(sendCommand(kind, to, text, key));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      // Over HTTP one request can be lost while others get through.
      this.#store.setPending(requeueSending(this.#pending, key));
      setTimeout(() => this.sendReady(), retrySeconds * 1000);
      return;
    }
    this.#applyReply(key, kind, to, reply);
    if (isRetryableReply(reply)) setTimeout(() => this.sendReady(), (reply.retryAfter ?? retrySeconds) * 1000);
    else this.sendReady();
  }

  #applyReply(key: string, kind: ConversationKind, to: string, reply: Reply): void {
    const { pending, stored } = applySendReply(this.#pending, key, reply, this.#store.ownAddress);
    this.#store.setPending(pending);
    const { finalStates } = this.#store;
    const sentId = reply.delivery?.id;
    // The event with the final state may have arrived before this reply.
    const final = finalStates.find(sentId);
    if (stored) this.#deps.onStored(kind, to, finalStates.applyTo(stored));
    else if (final && sentId !== undefined) this.applyFinalState(sentId, final);
    else this.#removeStored(kind, to);
    if (reply.status === "OK" || isRetryableReply(reply)) return;
    this.#store.announceFailure({ id: sentId ?? key, to, reason: reply.error, sentence: `${reply.data}` });
  }

  /** Removes messages that their conversation contains. If no event brings one there, loads the conversation. */
  #removeStored(kind: ConversationKind, address: string): void {
    const key = conversationKey(kind, address);
    const messages = this.#store.state.windows.get(key)?.messages ?? [];
    if (kind === "group")
      this.#store.setPending(removeStoredInGroup(this.#pending, address, messages, this.#store.ownAddress));
    const areStored = () => storedKeys(this.#pending, kind, address);
    if (areStored().size === 0) return;
    setTimeout(() => {
      if (areStored().size === 0) return;
      if (this.#store.state.openKey === key) void this.#deps.catchUp();
      // A closed conversation is loaded when the user opens it.
      else this.#store.removePending(areStored());
    }, eventTimeoutMs);
  }
}
