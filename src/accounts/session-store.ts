import { limits } from "../limits.ts";
import type { Reader, Transaction } from "../storage/sql.ts";

/** A session as it is stored. Times are of the steady clock. */
export interface StoredSession {
  accountId: number;
  createdAt: number;
  lastUsedAt: number;
}

/** The open sessions of this shard's accounts (table `sessions`), by the digest of their token. */
export class SessionStore {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  find(tokenDigest: string): StoredSession | null {
    const query = `select account_id accountId, created_at createdAt, last_used_at lastUsedAt
      from sessions where token_digest = ?`;
    return this.#database.first<StoredSession>(query, tokenDigest);
  }

  list(accountId: number): (Omit<StoredSession, "accountId"> & { tokenDigest: string })[] {
    const query = `select token_digest tokenDigest, created_at createdAt, last_used_at lastUsedAt
      from sessions where account_id = ? order by created_at, token_digest`;
    return this.#database.all<Omit<StoredSession, "accountId"> & { tokenDigest: string }>(query, accountId);
  }

  /** Opens a session, and ends the oldest others beyond `limits.sessionsPerAccount`, of which some may lie ahead of the clock. */
  add(tx: Transaction, accountId: number, tokenDigest: string, now: number): void {
    tx.write("insert into sessions values (?, ?, ?, ?)", tokenDigest, accountId, now, now);
    tx.write(endOldestQuery, accountId, tokenDigest, limits.sessionsPerAccount);
  }

  touch(tx: Transaction, tokenDigest: string, now: number): void {
    tx.write("update sessions set last_used_at = ? where token_digest = ?", now, tokenDigest);
  }

  end(tx: Transaction, tokenDigest: string): void {
    tx.write("delete from sessions where token_digest = ?", tokenDigest);
  }

  /** @param except the digest of a session that stays open; null: all end */
  endAll(tx: Transaction, accountId: number, except: string | null): void {
    tx.write("delete from sessions where account_id = ? and token_digest is not ?", accountId, except);
  }
}

const endOldestQuery = `delete from sessions where token_digest in
  (select token_digest from sessions where account_id = ?
   order by token_digest = ? desc, last_used_at desc, created_at desc limit -1 offset ?)`;
