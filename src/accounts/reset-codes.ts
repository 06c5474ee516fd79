import { limits } from "../limits.ts";
import type { SteadyClock } from "../storage/clock.ts";
import { steadyIsoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { newAccessCode } from "./access-code.ts";

export interface ResetCode {
  code: string;
  /** ISO 8601. */
  expires: string;
}

/** The one-time codes for new passwords, one an account (table `reset_codes`). Times are of the steady clock. */
export class ResetCodes {
  readonly #database: Reader;
  readonly #clock: SteadyClock;

  constructor(database: Reader, clock: SteadyClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Makes a code in place of an earlier one. */
  create(tx: Transaction, accountId: number): ResetCode {
    const { code, digest } = newAccessCode("reset");
    const expiresAt = this.#clock.now() + limits.resetCodeMs;
    tx.write("insert or replace into reset_codes values (?, ?, ?)", accountId, digest, expiresAt);
    return { code, expires: steadyIsoTime(this.#clock, expiresAt) };
  }

  isValid(accountId: number, digest: string): boolean {
    const query = "select expires_at expiresAt from reset_codes where account_id = ? and code_digest = ?";
    const stored = this.#database.first<{ expiresAt: number }>(query, accountId, digest);
    return stored !== null && stored.expiresAt > this.#clock.now();
  }

  forget(tx: Transaction, accountId: number): void {
    tx.write("delete from reset_codes where account_id = ?", accountId);
  }
}
