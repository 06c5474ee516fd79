import { limits } from "../limits.ts";
import type { Name } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import type { LoginThrottle } from "./login-throttle.ts";

/**
 * What is remembered of wrong passwords for names that have no account (table `unknown_names`), so that they are throttled as
 * accounts are, and nobody learns from a throttle which names exist. Of too many names, the first are forgotten.
 */
export class UnknownNames {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  throttleOf(name: Name): LoginThrottle {
    return this.#database.first<LoginThrottle>(findQuery, name) ?? { failedLogins: 0, lockedUntil: null };
  }

  setThrottle(tx: Transaction, name: Name, { failedLogins, lockedUntil }: LoginThrottle): void {
    tx.write(setQuery, name, failedLogins, lockedUntil);
    tx.write("delete from unknown_names where id <= (select max(id) from unknown_names) - ?", limits.unknownNamesMax);
  }

  /** The name gets an account. */
  forget(tx: Transaction, name: Name): void {
    tx.write("delete from unknown_names where name = ?", name);
  }
}

const findQuery = "select failed_logins failedLogins, locked_until lockedUntil from unknown_names where name = ?";
const setQuery = `insert into unknown_names (name, failed_logins, locked_until) values (?, ?, ?)
  on conflict (name) do update set failed_logins = excluded.failed_logins, locked_until = excluded.locked_until`;
