import type { Reader, Transaction } from "../storage/sql.ts";

/** What a shard knows of itself (table `shard_info`, one row). */
export class ShardInfoStore {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  /** The realm's shard count when this shard was created; null: the shard is new. */
  shardCount(): number | null {
    return (
      this.#database.first<{ shardCount: number }>("select shard_count shardCount from shard_info")?.shardCount ?? null
    );
  }

  create(tx: Transaction, shardCount: number): void {
    tx.write("insert into shard_info (shard_count) values (?)", shardCount);
  }

  /** When retention last ended, in milliseconds since 1970; null: never. */
  retentionRanAt(): number | null {
    const query = "select retention_ran_at retentionRanAt from shard_info";
    return this.#database.first<{ retentionRanAt: number | null }>(query)?.retentionRanAt ?? null;
  }

  setRetentionRanAt(tx: Transaction, now: number): void {
    tx.write("update shard_info set retention_ran_at = ?", now);
  }
}
