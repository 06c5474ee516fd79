import { limits } from "../limits.ts";
import type { Transaction } from "./sql.ts";

/**
 * A copy of what is stored, so that it need not be looked up for each message. A transaction that is rolled back drops the
 * whole copy: what was learned in it may never have been.
 */
export class Recall<Key, Value> {
  readonly #known = new Map<Key, Value>();

  /** What is at hand, or else what `find` finds. That is kept, unless there is nothing: it may come to be. */
  of<Found extends Value | null>(key: Key, find: () => Found): Value | Found {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = find();
    if (found !== null) this.set(key, found);
    return found;
  }

  set(key: Key, value: Value): void {
    if (this.#known.size >= limits.txCacheMaxEntries) this.clear();
    this.#known.set(key, value);
  }

  forget(key: Key): void {
    this.#known.delete(key);
  }

  clear(): void {
    this.#known.clear();
  }

  within(transaction: Transaction): Transaction {
    return (work) => {
      try {
        return transaction(work);
      } catch (error) {
        this.clear();
        throw error;
      }
    };
  }
}
