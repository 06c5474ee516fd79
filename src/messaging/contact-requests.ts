import { limits } from "../limits.ts";
import { type FullAddress, type RealmName, splitAddress } from "../protocol/names.ts";
import { type Answer, dataReply, failure, textReply } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { DeliveryResult } from "../shard-api/delivery-result.ts";
import type { OutboundMessage } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { ConversationStore } from "./conversation-store.ts";

type ReceivedMessage = Pick<OutboundMessage, "uid" | "from" | "to" | "text" | "time">;

export interface ContactRequestsDeps {
  realm: RealmName;
  /** Where an account has not chosen. */
  isOnByDefault: boolean;
  database: Reader;
  unitOfWork: UnitOfWork;
  conversations: ConversationStore;
  clock: Clock;
}

/**
 * First messages from other realms, which wait until the account accepts their sender, where it wants that (tables `held_messages`
 * and `account_settings`). Whoever has a conversation with the account has been accepted: one is only begun by the account's own
 * message or by `accept`.
 */
export class ContactRequests {
  readonly #deps: ContactRequestsDeps;
  readonly #settings: TransactionalCache<number, boolean>;

  constructor(deps: ContactRequestsDeps) {
    this.#deps = deps;
    this.#settings = new TransactionalCache(deps.unitOfWork);
  }

  /** Keeps a message of a stranger. @returns null: it goes into the mailbox */
  hold(tx: Transaction, accountId: number, message: ReceivedMessage): DeliveryResult | null {
    const { clock, conversations, realm } = this.#deps;
    const { uid, from, to, text, time } = message;
    if (splitAddress(from).realm === realm || !this.#isOn(accountId) || conversations.idOf(from, to) !== null)
      return null;
    const { held, senders } = tx.one<{ held: number; senders: number }>(countQuery, accountId, from, accountId);
    if (held >= limits.heldMessagesPerSender || (held === 0 && senders >= limits.heldSendersPerAccount)) {
      return { state: "failed", reason: "mailbox-full" };
    }
    const insert = "insert or ignore into held_messages values (?, ?, ?, ?, ?, ?)";
    tx.write(insert, accountId, from, uid, text, time, clock());
    return { state: "delivered" };
  }

  /** Takes what a sender's messages wait for, in their order. */
  release(tx: Transaction, accountId: number, sender: FullAddress): Omit<ReceivedMessage, "to">[] {
    const query = `select uid, sender "from", text, sent_at time from held_messages where account_id = ? and sender = ?
      order by received_at, sent_at, uid`;
    const held = tx.all<{ uid: string; from: FullAddress; text: string; time: number }>(query, accountId, sender);
    tx.write("delete from held_messages where account_id = ? and sender = ?", accountId, sender);
    return held;
  }

  /** Answers `requests`: each sender with its first message. */
  list({ accountId }: Caller): Answer {
    const rows = this.#deps.database.all<{ from: string; messages: number; text: string; receivedAt: number }>(
      listQuery,
      accountId,
    );
    return dataReply(rows.map(({ receivedAt, ...row }) => ({ ...row, since: isoTime(receivedAt) })));
  }

  /** Answers `setting`. @param isOn undefined: it stays as it is */
  set({ accountId }: Caller, isOn: boolean | undefined): Promise<Answer> {
    return this.#deps.unitOfWork.run((tx): Answer => {
      if (isOn !== undefined) {
        tx.write("insert or replace into account_settings values (?, ?)", accountId, isOn ? 1 : 0);
        this.#settings.set(tx, accountId, isOn);
      }
      return dataReply({ requests: this.#isOn(accountId) ? "on" : "off" });
    });
  }

  /** Answers `accept`. @param store puts a message into the account's mailbox */
  accept(
    { accountId }: Caller,
    sender: FullAddress,
    store: (tx: Transaction, message: Omit<ReceivedMessage, "to">) => void,
  ): Promise<Answer> {
    return this.#deps.unitOfWork.run((tx): Answer => {
      const held = this.release(tx, accountId, sender);
      if (held.length === 0) return failure("no-such-request", { address: sender });
      for (const message of held) store(tx, message);
      return textReply("accepted", { address: sender, messages: held.length });
    });
  }

  /** The account does not want to hear from a sender or a realm, or is removed. @param target null: everything goes */
  drop(tx: Transaction, accountId: number, target: string | null): void {
    if (target === null) {
      tx.write("delete from held_messages where account_id = ?", accountId);
      tx.write("delete from account_settings where account_id = ?", accountId);
      this.#settings.delete(tx, accountId);
    } else if (target.startsWith("@")) {
      tx.write(
        "delete from held_messages where account_id = ? and substr(sender, instr(sender, '@')) = ?",
        accountId,
        target,
      );
    } else tx.write("delete from held_messages where account_id = ? and sender = ?", accountId, target);
  }

  #isOn(accountId: number): boolean {
    return this.#settings.getOrLoad(accountId, () => {
      const query = "select holds_strangers isOn from account_settings where account_id = ?";
      const row = this.#deps.database.first<{ isOn: number }>(query, accountId);
      return row ? row.isOn === 1 : this.#deps.isOnByDefault;
    });
  }
}

const countQuery = `select (select count(*) from held_messages where account_id = ? and sender = ?) held,
  (select count(distinct sender) from held_messages where account_id = ?) senders`;
const listQuery = `select sender "from", count(*) messages, text, min(received_at) receivedAt from held_messages
  where account_id = ? group by sender order by receivedAt, sender`;
