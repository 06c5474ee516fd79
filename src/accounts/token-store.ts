import type { TokenScope } from "../protocol/commands.ts";
import type { FullAddress, Name } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";

/** What a token allows. */
export interface TokenGrant {
  scope: TokenScope;
  /** The only recipient; null: all. */
  sendTo: FullAddress | null;
}

/** A token as it is stored. Times are of the steady clock. */
export interface StoredToken extends TokenGrant {
  accountId: number;
  label: Name;
  createdAt: number;
  /** Null: it was never used. */
  lastUsedAt: number | null;
  /** Null: it does not expire. */
  expiresAt: number | null;
}

const columns = `account_id accountId, label, scope, send_to sendTo, created_at createdAt, last_used_at lastUsedAt,
  expires_at expiresAt`;

/** The tokens of this shard's accounts (table `tokens`), by their digest. */
export class TokenStore {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  find(tokenDigest: string): StoredToken | null {
    return this.#database.first<StoredToken>(`select ${columns} from tokens where token_digest = ?`, tokenDigest);
  }

  list(accountId: number): StoredToken[] {
    return this.#database.all<StoredToken>(
      `select ${columns} from tokens where account_id = ? order by label`,
      accountId,
    );
  }

  add(tx: Transaction, tokenDigest: string, token: StoredToken): void {
    const { accountId, label, scope, sendTo, createdAt, lastUsedAt, expiresAt } = token;
    tx.write(
      "insert into tokens values (?, ?, ?, ?, ?, ?, ?, ?)",
      ...[tokenDigest, accountId, label, scope, sendTo, createdAt, lastUsedAt, expiresAt],
    );
  }

  touch(tx: Transaction, tokenDigest: string, now: number): void {
    tx.write("update tokens set last_used_at = ? where token_digest = ?", now, tokenDigest);
  }

  /** @returns false: there was no such token */
  revoke(tx: Transaction, accountId: number, label: Name): boolean {
    const query = "delete from tokens where account_id = ? and label = ? returning label";
    return tx.writeReturning<{ label: string }>(query, accountId, label) !== null;
  }

  revokeAll(tx: Transaction, accountId: number): void {
    tx.write("delete from tokens where account_id = ?", accountId);
  }
}
