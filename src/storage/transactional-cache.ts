import { limits } from "../limits.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { Transaction } from "./sql.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** A copy of stored values. A rollback empties it: what it learned in that transaction may never have been committed. */
export class TransactionalCache<Key, Value> {
  readonly #entries = new BoundedCache<Key, Value>(limits.txCacheMaxEntries);

  constructor(unitOfWork: Pick<UnitOfWork, "onRollback">) {
    unitOfWork.onRollback(() => this.#entries.clear());
  }

  /** @param load reads the stored value; null is not kept, since it may exist later */
  getOrLoad<Loaded extends Value | null>(key: Key, load: () => Loaded): Value | Loaded {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const loaded = load();
    if (loaded !== null) this.#entries.set(key, loaded);
    return loaded;
  }

  /** Notes what `_tx` has just written. */
  set(_tx: Transaction, key: Key, value: Value): void {
    this.#entries.set(key, value);
  }

  delete(_tx: Transaction, key: Key): void {
    this.#entries.delete(key);
  }

  clear(_tx: Transaction): void {
    this.#entries.clear();
  }
}
