import { limits } from "../limits.ts";
import type { Timer } from "./clock.ts";
import type { Transaction } from "./sql.ts";

/** One write that waits for its turn, and what to tell whoever asked for it. */
interface Entry {
  apply: () => void;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: the one door of every write. What arrives while the object is busy is applied in one turn and so made
 * durable by one commit; nobody is answered before it, since the platform holds an object's answers until its writes
 * are on disk (Durable Objects, "output gate").
 *
 * The works of a batch run in the order in which they arrived. A batch that throws is rolled back and applied again one
 * by one, so that a faulty write fails alone.
 */
export class GroupCommit {
  #waiting: Entry[] = [];
  readonly #transaction: Transaction;
  readonly #committed: () => void;
  readonly #timer: Timer;

  /** @param committed called after each batch: whoever waits for news can look for it now */
  constructor(transaction: Transaction, committed: () => void, timer: Timer) {
    this.#transaction = transaction;
    this.#committed = committed;
    this.#timer = timer;
  }

  /** @param work reads and writes without waiting; what it returns is answered once it is durable */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      const entry: Entry = {
        apply: () => {
          result = work();
        },
        resolve: () => resolve(result),
        reject,
      };
      this.#waiting.push(entry);
      // A timer, not a microtask: requests that have arrived already are to be in the same batch.
      if (this.#waiting.length === 1) this.#timer(() => this.#flush(), 0);
    });
  }

  #flush(): void {
    const entries = this.#waiting;
    this.#waiting = entries.splice(limits.commitMaxWrites);
    if (this.#waiting.length > 0) this.#timer(() => this.#flush(), 0);
    const isDone = this.#applied(entries) || entries.length === 1;
    if (!isDone) for (const entry of entries) this.#applied([entry]);
    this.#committed();
  }

  #applied(entries: Entry[]): boolean {
    try {
      this.#transaction(() => {
        for (const entry of entries) entry.apply();
      });
    } catch (error) {
      if (entries.length === 1) entries[0]?.reject(error);
      return false;
    }
    for (const entry of entries) entry.resolve();
    return true;
  }
}
