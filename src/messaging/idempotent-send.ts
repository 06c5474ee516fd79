import type { DeliveryQueues } from "../delivery/delivery-queues.ts";
import { limits } from "../limits.ts";
import type { ConversationKind } from "../protocol/commands.ts";
import type { FullAddress } from "../protocol/names.ts";
import { type Answer, type Delivery, type Failure, failure, textReply } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { OutboundMessage } from "../shard-api/outbound-items.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { KeyedSentMessage, SentLog, SentState } from "./sent-log.ts";
import { type QueuedMessage, sentItemKey } from "./sent-outbox.ts";

/** What an account asks to send. */
export interface SendRequest {
  kind: ConversationKind;
  to: FullAddress;
  text: string;
  /** The client's idempotency key. */
  key: string | null;
  /** The shard or realm of the recipient; null: this shard. */
  destination: string | null;
}

/** A message that was stored; `conversationSeq` is null for a group. */
export type StoredSend = SentState & { conversationSeq: number | null };

export interface IdempotentSendDeps {
  unitOfWork: UnitOfWork;
  sentLog: SentLog;
  queues: Pick<DeliveryQueues<OutboundMessage, QueuedMessage>, "waitForResult">;
}

/** Sends a message once for each idempotency key, and answers with the truth about its delivery. */
export class IdempotentSend {
  readonly #deps: IdempotentSendDeps;

  constructor(deps: IdempotentSendDeps) {
    this.#deps = deps;
  }

  /** @param store stores the message, or says why it stores nothing; it is not called where the key was used before */
  async send(caller: Caller, request: SendRequest, store: (tx: Transaction) => StoredSend | Failure): Promise<Answer> {
    const { queues, sentLog, unitOfWork } = this.#deps;
    const stored = await unitOfWork.run((tx) => this.#earlier(tx, caller, request) ?? store(tx));
    if ("error" in stored) return stored;
    if (stored.state !== "queued" || stored.destination === null) return sendReply(stored, request.to);
    const key = sentItemKey(caller.accountId, stored.id);
    await queues.waitForResult(stored.destination, key, limits.deliveryWaitMs);
    const latest = sentLog.get(caller.accountId, stored.id) ?? stored;
    return sendReply({ ...latest, conversationSeq: stored.conversationSeq }, request.to);
  }

  /** The message that was sent with this key before, or why the key cannot be used again; null: the key is new. */
  #earlier(tx: Transaction, caller: Caller, request: SendRequest): KeyedSentMessage | Failure | null {
    if (request.key === null) return null;
    const earlier = this.#deps.sentLog.findByKey(tx, caller.accountId, request.key);
    if (!earlier) return null;
    return isSameMessage(earlier, request) ? earlier : failure("key-reused", { key: request.key });
  }
}

function isSameMessage(earlier: KeyedSentMessage, request: SendRequest): boolean {
  return earlier.kind === request.kind && earlier.recipient === request.to && earlier.text === request.text;
}

function sendReply({ id, state, reason, conversationSeq }: StoredSend, to: FullAddress): Answer {
  const delivery: Delivery = { id, state, ...(conversationSeq !== null && { thread: conversationSeq }) };
  switch (state) {
    case "delivered":
      return textReply("message-delivered", { to }, delivery);
    case "queued":
      return textReply("message-queued", { to }, delivery);
    case "failed":
      if (reason === null) throw new Error("a failed message without a reason");
      return { ...failure(reason, { address: to }), delivery };
  }
}
