import { type FullAddress, fullAddress, type RealmName, systemName } from "../protocol/names.ts";
import type { DeliveryResult } from "../shard-api/delivery-result.ts";
import type { OutboundMessage } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { Blocks } from "./blocks.ts";
import type { ContactRequests } from "./contact-requests.ts";
import type { ConversationList } from "./conversation-list.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { MailboxLookup } from "./mailbox-lookup.ts";
import type { AppendResult, MessageLogStore, NewMessage } from "./message-log-store.ts";

export interface MailboxWriterDeps {
  realm: RealmName;
  mailboxes: MailboxLookup;
  logs: MessageLogStore;
  conversations: ConversationStore;
  conversationList: ConversationList;
  blocks: Blocks;
  contactRequests: ContactRequests;
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
    if (this.#deps.blocks.isBlocked(mailboxId, from)) return { state: "delivered" };
    const held = this.#deps.contactRequests.hold(tx, mailboxId, { uid, from, to, text, time });
    if (held) return held;
    const stored = this.#store(tx, mailboxId, to, receivedMessage({ uid, from, text, time }, this.#deps.clock()));
    return stored === "full" ? { state: "failed", reason: "mailbox-full" } : { state: "delivered" };
  }

  /** Stores a message that had to wait until its sender was accepted. */
  storeAccepted(
    tx: Transaction,
    mailboxId: number,
    to: FullAddress,
    message: Omit<OutboundMessage, "to" | "kind">,
  ): void {
    this.#store(tx, mailboxId, to, receivedMessage(message, this.#deps.clock()));
  }

  /** Stores a notice of the system. A full mailbox gets none. */
  storeNotice(
    tx: Transaction,
    mailboxId: number,
    to: FullAddress,
    text: string,
    uid: string | null,
  ): AppendResult["kind"] {
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

  #store(tx: Transaction, mailboxId: number, to: FullAddress, message: NewMessage): AppendResult["kind"] {
    const { conversationList, conversations, logs } = this.#deps;
    const place = conversations.nextEntry(message.from, to);
    const stored = logs.append(tx, mailboxId, { ...message, conversationSeq: place.seq }, null);
    if (stored.kind !== "stored") return stored.kind;
    conversations.add(tx, place, { mailboxMessageId: stored.id, sentMessageId: null });
    conversationList.messageAdded(tx, mailboxId);
    return stored.kind;
  }
}

/** A message that a delivery brought. Its uid is prefixed by the sender, so that no sender can use up another's uid. */
export function receivedMessage(
  { uid, from, text, time }: Pick<OutboundMessage, "uid" | "from" | "text" | "time">,
  receivedAt: number,
): NewMessage {
  return { uid: `${from} ${uid}`, from, text, time, receivedAt };
}
