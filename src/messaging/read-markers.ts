import type { ConversationKind } from "../protocol/commands.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";

/** How far accounts have read, the same for all their devices (table `read_markers`). */
export class ReadMarkers {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  /** @returns 0 where nothing has been read */
  get(accountId: number, kind: ConversationKind, address: FullAddress): number {
    const query = "select message_id messageId from read_markers where account_id = ? and kind = ? and address = ?";
    return this.#database.first<{ messageId: number }>(query, accountId, kind, address)?.messageId ?? 0;
  }

  /** Moves a marker forward. @returns whether it has moved: it never goes back */
  advance(
    tx: Transaction,
    accountId: number,
    kind: ConversationKind,
    address: FullAddress,
    messageId: number,
  ): boolean {
    if (messageId <= this.get(accountId, kind, address)) return false;
    tx.write("insert or replace into read_markers values (?, ?, ?, ?)", accountId, kind, address, messageId);
    tx.emit({ type: "read-marker-moved", accountId, kind, with: address, messageId });
    return true;
  }

  /** The account is removed. */
  forget(tx: Transaction, accountId: number): void {
    tx.write("delete from read_markers where account_id = ?", accountId);
  }

  /** Another group may get the address later; the old marker says nothing of it. */
  delete(tx: Transaction, accountId: number, kind: ConversationKind, address: FullAddress): void {
    tx.write("delete from read_markers where account_id = ? and kind = ? and address = ?", accountId, kind, address);
  }
}
