import { limits } from "../limits.ts";
import type { Name } from "../protocol/names.ts";
import { first, type Sql } from "../storage/sql.ts";
import type { Throttle } from "./login-throttle.ts";

/** Who acts. */
export interface Account {
  id: number;
  name: Name;
}
export interface StoredAccount extends Account, Throttle {
  verifier: string;
}
export interface Session {
  account: Account;
  created: number;
  used: number;
}

/** The SQL of accounts and sessions. */
export class AccountStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  find(name: Name): StoredAccount | null {
    return first<{ id: number; name: Name; verifier: string; failures: number; lockedUntil: number }>(
      this.#sql,
      `select accounts.id, logs.name, verifier, failures, locked_until lockedUntil
       from logs join accounts on accounts.id = logs.id where logs.kind = 'mailbox' and logs.name = ?`,
      name,
    );
  }

  /** @param id the id of its mailbox */
  add(id: number, verifier: string, now: number): void {
    this.#sql.exec("insert into accounts (id, verifier, created) values (?, ?, ?)", id, verifier, now);
  }

  setVerifier(id: number, verifier: string): void {
    this.#sql.exec("update accounts set verifier = ? where id = ?", verifier, id);
  }

  setThrottle(id: number, { failures, lockedUntil }: Throttle): void {
    this.#sql.exec("update accounts set failures = ?, locked_until = ? where id = ?", failures, lockedUntil, id);
  }

  findSession(digest: string): Session | null {
    const row = first<{ account: number; name: Name; created: number; used: number }>(
      this.#sql,
      `select account, logs.name, created, used from sessions join logs on logs.id = account where digest = ?`,
      digest,
    );
    return row && { account: { id: row.account, name: row.name }, created: row.created, used: row.used };
  }

  /** Opens a session; the oldest beyond the limit end. */
  addSession(account: number, digest: string, now: number): void {
    this.#sql.exec("insert into sessions values (?, ?, ?, ?)", digest, account, now, now);
    this.#sql.exec(
      `delete from sessions where digest in
         (select digest from sessions where account = ? order by used desc, created desc, digest = ? desc limit -1 offset ?)`,
      account,
      digest,
      limits.sessionsPerAccount,
    );
  }

  sessionsOf(account: number): { digest: string; created: number; used: number }[] {
    return this.#sql
      .exec<{ digest: string; created: number; used: number }>(
        "select digest, created, used from sessions where account = ? order by created, digest",
        account,
      )
      .toArray();
  }

  touch(digest: string, now: number): void {
    this.#sql.exec("update sessions set used = ? where digest = ?", now, digest);
  }

  endSession(digest: string): void {
    this.#sql.exec("delete from sessions where digest = ?", digest);
  }

  /** @param but a digest that stays, or null: all go */
  endSessions(account: number, but: string | null): void {
    this.#sql.exec("delete from sessions where account = ? and digest is not ?", account, but);
  }
}
