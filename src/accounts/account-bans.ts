import type { Transaction } from "../storage/sql.ts";
import type { AccountStore } from "./account-store.ts";

/** Accounts of this shard that the operator has banned. They are few, so they are in memory: a command costs no row for them. */
export class AccountBans {
  readonly #store: AccountStore;
  /** The reasons by account. */
  #loaded: ReadonlyMap<number, string> | null = null;

  constructor(store: AccountStore) {
    this.#store = store;
  }

  /** @returns null: the account is not banned */
  reasonOf(accountId: number): string | null {
    if (!this.#loaded) {
      this.#loaded = new Map(this.#store.bans().map(({ id, reason }) => [id, reason]));
    }
    return this.#loaded.get(accountId) ?? null;
  }

  /** @param reason null: the ban ends */
  set(tx: Transaction, accountId: number, reason: string | null, now: number): void {
    this.#store.setBan(tx, accountId, reason, now);
    this.#loaded = null;
    tx.onRollback(() => {
      this.#loaded = null;
    });
  }
}
