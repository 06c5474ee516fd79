import { type FullAddress, fullAddress, type RealmName, systemName } from "../protocol/names.ts";
import type { DeliveryResult } from "../shard-api/delivery-result.ts";
import type { OutboundMessage } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { MailboxLookup } from "./mailbox-lookup.ts";
import type { MessageLogStore, NewMessage } from "./message-log-store.ts";

export interface MailboxWriterDeps {
  realm: RealmName;
  mailboxes: MailboxLookup;
  logs: MessageLogStore;
  conversations: ConversationStore;
  clock: Clock;
}

/** Puts messages from other shards and realms, and the system's notices, into mailboxes and their conversations. */
export class MailboxWriter {
  readonly #deps: MailboxWriterDeps;

  constructor(deps: MailboxWriterDeps) {
    this.#deps = deps;
  }

  /** Stores a private message that another shard or realm brings. A second one with its uid is the same message. */
  receive(tx: Transaction, { uid, from, to, text, time }: OutboundMessage): DeliveryResult {
    const mailboxId = this.#deps.mailboxes.find(to);
    if (mailboxId === null) return { state: "failed", reason: "no-such-user" };
    this.#store(tx, mailboxId, to, receivedMessage({ uid, from, text, time }, this.#deps.clock()));
    return { state: "delivered" };
  }

  /** Stores a notice of the system. @returns false where one with its uid is there already */
  storeNotice(tx: Transaction, mailboxId: number, to: FullAddress, text: string, uid: string | null): boolean {
    const { clock, realm } = this.#deps;
    const now = clock();
    return this.#store(tx, mailboxId, to, {
      uid,
      from: fullAddress(systemName, realm),
      text,
      time: now,
      receivedAt: now,
    });
  }

  /** @returns false where a message with its uid is there already */
  #store(tx: Transaction, mailboxId: number, to: FullAddress, message: NewMessage): boolean {
    const { conversations, logs } = this.#deps;
    const place = conversations.nextEntry(message.from, to);
    const id = logs.append(tx, mailboxId, { ...message, conversationSeq: place.seq }, null);
    if (id === null) return false;
    conversations.add(tx, place, { mailboxMessageId: id, sentMessageId: null });
    return true;
  }
}

/** A message that a delivery brought. Its uid is prefixed by the sender, so that no sender can use up another's uid. */
export function receivedMessage(
  { uid, from, text, time }: Pick<OutboundMessage, "uid" | "from" | "text" | "time">,
  receivedAt: number,
): NewMessage {
  return { uid: `${from} ${uid}`, from, text, time, receivedAt };
}
