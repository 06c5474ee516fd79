import {
  type FullAddress,
  fullAddress,
  type Name,
  parseName,
  type RealmName,
  splitAddress,
} from "../protocol/names.ts";
import type { MessageLogStore } from "./message-log-store.ts";

/** Addresses and mailboxes of this shard. A mailbox has the number of its account. */
export class MailboxLookup {
  readonly #realm: RealmName;
  readonly #logs: MessageLogStore;

  constructor(realm: RealmName, logs: MessageLogStore) {
    this.#realm = realm;
    this.#logs = logs;
  }

  /** The mailbox of an address; null: it is not in this shard. */
  find(address: FullAddress): number | null {
    const { name, realm } = splitAddress(address);
    return realm === this.#realm ? this.#logs.findLog("mailbox", name) : null;
  }

  /** The address of a mailbox; null: there is no such mailbox. */
  addressOfMailbox(mailboxId: number): FullAddress | null {
    const name = parseName(this.#logs.nameOf(mailboxId, "mailbox") ?? "");
    return name && this.addressOf(name);
  }

  addressOf(name: Name): FullAddress {
    return fullAddress(name, this.#realm);
  }
}
