import type { ConversationKind } from "../../protocol/commands.ts";
import type { ThreadMessage } from "../../protocol/replies.ts";
import type { ChatStore } from "./chat-store.ts";
import { fitsCommandLimit, sendCommand } from "./command-builder.ts";
import { conversationKey } from "./conversation-key.ts";
import type { FinalState } from "./final-delivery-states.ts";
import { ConnectionLost } from "./live-connection.ts";
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

/** How long the event of an own group message may take before the page loads the group. */
const groupEventTimeoutMs = 300;

/** Sends pending messages, one at a time in each conversation, and retries them until the server answers. */
export class MessageSender {
  readonly #store: ChatStore;
  readonly #deps: MessageSenderDeps;

  constructor(store: ChatStore, deps: MessageSenderDeps) {
    this.#store = store;
    this.#deps = deps;
  }

  /** Sends a message now, or after reconnecting. @returns false if the message is too long */
  send(key: string, text: string): boolean {
    const { kind, address } = this.#store.conversation(key);
    const idempotencyKey = this.#deps.newKey();
    if (!fitsCommandLimit(sendCommand(kind, address, text, idempotencyKey))) return false;
    const written = new Date(this.#deps.now()).toISOString();
    this.#store.setPending(addPending(this.#pending, { key: idempotencyKey, kind, to: address, text, written }));
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
    if (final.state === "delivered") this.#removeDelivered(message.to);
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
      // `onConnectionLost` has put the message back.
      if (error instanceof ConnectionLost) return;
      throw error;
    }
    const { pending, stored } = applySendReply(this.#pending, key, reply, this.#store.ownAddress);
    this.#store.setPending(pending);
    const { finalStates } = this.#store;
    const sentId = reply.delivery?.id;
    // The event with the final state may have arrived before this reply.
    const final = finalStates.find(sentId);
    if (stored) this.#deps.onStored(kind, to, finalStates.applyTo(stored));
    else if (final && sentId !== undefined) this.applyFinalState(sentId, final);
    else if (kind === "group" && reply.delivery?.state === "delivered") this.#removeDelivered(to);
    if (isRetryableReply(reply)) setTimeout(() => this.sendReady(), (reply.retryAfter ?? 1) * 1000);
    else this.sendReady();
  }

  /** Removes delivered messages to a group once its messages contain them. If their event does not arrive, loads the group. */
  #removeDelivered(group: string): void {
    const key = conversationKey("group", group);
    const messages = this.#store.state.windows.get(key)?.messages ?? [];
    this.#store.setPending(removeStoredInGroup(this.#pending, group, messages, this.#store.ownAddress));
    const isDelivered = ({ kind, to, state }: PendingMessage) =>
      kind === "group" && to === group && state === "delivered";
    if (!this.#pending.some(isDelivered)) return;
    setTimeout(async () => {
      if (!this.#pending.some(isDelivered)) return;
      if (this.#store.state.openKey === key) await this.#deps.catchUp();
      // A closed conversation is loaded when the user opens it.
      else this.#store.setPending(this.#pending.filter((message) => !isDelivered(message)));
    }, groupEventTimeoutMs);
  }
}
