import { limits } from "./limits.ts";
import type { Transaction } from "./sql.ts";

/**
 * A copy of what is stored, so that it need not be looked up for each message. A transaction that is rolled back drops the
 * whole copy: what was learned in it may never have been.
 */
export class Recall<Key, Value> {
  readonly #known = new Map<Key, Value>();

  get(key: Key): Value | undefined {
    return this.#known.get(key);
  }

  set(key: Key, value: Value): void {
    if (this.#known.size >= limits.recalledMax) this.#known.clear();
    this.#known.set(key, value);
  }

  within(transaction: Transaction): Transaction {
    return (work) => {
      try {
        return transaction(work);
      } catch (error) {
        this.#known.clear();
        throw error;
      }
    };
  }
}
