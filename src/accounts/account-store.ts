import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { Name } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import type { LoginThrottle } from "./login-throttle.ts";

export interface StoredAccount extends LoginThrottle {
  /** The account's number, which is also its mailbox's. */
  id: number;
  name: Name;
  verifier: string;
}

/** The accounts of this shard (table `accounts`). An account's name is that of its mailbox. */
export class AccountStore {
  readonly #database: Reader;
  readonly #logs: MessageLogStore;

  constructor(database: Reader, logs: MessageLogStore) {
    this.#database = database;
    this.#logs = logs;
  }

  find(name: Name): StoredAccount | null {
    const id = this.#logs.findLog("mailbox", name);
    const row = id === null ? null : this.#database.first<Omit<StoredAccount, "name">>(findQuery, id);
    return row && { ...row, name };
  }

  /** Creates an account and its mailbox. */
  add(tx: Transaction, name: Name, verifier: string, now: number): void {
    const id = this.#logs.addLog(tx, "mailbox", name);
    tx.write("delete from reserved_names where name = ?", name);
    tx.write("insert into accounts (id, password_verifier, created_at) values (?, ?, ?)", id, verifier, now);
  }

  /** Removes an account. Nobody may register its name until `reservedUntil`, so that nobody gets the messages that are meant for it. */
  remove(tx: Transaction, id: number, name: Name, reservedUntil: number): void {
    tx.write("delete from accounts where id = ?", id);
    tx.write("insert or replace into reserved_names values (?, ?)", name, reservedUntil);
  }

  isReserved(name: Name, now: number): boolean {
    const query = "select reserved_until until from reserved_names where name = ?";
    return (this.#database.first<{ until: number }>(query, name)?.until ?? 0) > now;
  }

  setVerifier(tx: Transaction, id: number, verifier: string): void {
    tx.write("update accounts set password_verifier = ? where id = ?", verifier, id);
  }

  /** The banned accounts, with the reasons. */
  bans(): { id: number; reason: string }[] {
    const query = "select id, ban_reason reason from accounts where banned_at is not null";
    return this.#database.all<{ id: number; reason: string }>(query);
  }

  /** Accounts after one, in the order of their numbers. */
  idsAfter(id: number, limit: number): number[] {
    const query = "select id from accounts where id > ? order by id limit ?";
    return this.#database.all<{ id: number }>(query, id, limit).map((row) => row.id);
  }

  /** @param reason null: the ban ends */
  setBan(tx: Transaction, id: number, reason: string | null, now: number): void {
    const bannedAt = reason === null ? null : now;
    tx.write("update accounts set banned_at = ?, ban_reason = ? where id = ?", bannedAt, reason, id);
  }

  setOperator(tx: Transaction, id: number, isOperator: boolean): void {
    tx.write("update accounts set is_operator = ? where id = ?", isOperator ? 1 : 0, id);
  }

  isOperator(id: number): boolean {
    return (
      this.#database.first<{ one: number }>("select 1 one from accounts where id = ? and is_operator = 1", id) !== null
    );
  }

  setThrottle(tx: Transaction, id: number, { failedLogins, lockedUntil }: LoginThrottle): void {
    tx.write("update accounts set failed_logins = ?, locked_until = ? where id = ?", failedLogins, lockedUntil, id);
  }
}

const findQuery = `select id, password_verifier verifier, failed_logins failedLogins, locked_until lockedUntil
  from accounts where id = ?`;
