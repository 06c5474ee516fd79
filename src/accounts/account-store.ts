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
    tx.write("insert into accounts (id, password_verifier, created_at) values (?, ?, ?)", id, verifier, now);
  }

  setVerifier(tx: Transaction, id: number, verifier: string): void {
    tx.write("update accounts set password_verifier = ? where id = ?", verifier, id);
  }

  setThrottle(tx: Transaction, id: number, { failedLogins, lockedUntil }: LoginThrottle): void {
    tx.write("update accounts set failed_logins = ?, locked_until = ? where id = ?", failedLogins, lockedUntil, id);
  }
}

const findQuery = `select id, password_verifier verifier, failed_logins failedLogins, locked_until lockedUntil
  from accounts where id = ?`;
