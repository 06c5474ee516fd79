import type { ConversationKind } from "../protocol/commands.ts";
import type { FullAddress } from "../protocol/names.ts";
import { first, type Sql } from "../storage/sql.ts";

/** How far accounts have read, so that all their devices agree. */
export class Marks {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** @returns 0 where nothing has been read */
  of(account: number, kind: ConversationKind, address: FullAddress): number {
    const query = "select id from marks where account = ? and kind = ? and address = ?";
    return first<{ id: number }>(this.#sql, query, account, kind, address)?.id ?? 0;
  }

  /** To be called inside a commit. A mark goes forward only. @returns whether it has moved */
  set(account: number, kind: ConversationKind, address: FullAddress, id: number): boolean {
    if (id <= this.of(account, kind, address)) return false;
    this.#sql.exec("insert or replace into marks values (?, ?, ?, ?)", account, kind, address, id);
    return true;
  }

  /** To be called inside a commit. */
  forget(account: number, kind: ConversationKind, address: FullAddress): void {
    this.#sql.exec("delete from marks where account = ? and kind = ? and address = ?", account, kind, address);
  }
}
