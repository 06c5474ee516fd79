import type { Transaction } from "./sql.ts";

/** The part of an object's storage that keeps the alarm. */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

/**
 * The one alarm of an object, set to the least of all dues. Setting it is a write, so it is set only where nothing
 * earlier is set already; one that rings too early finds nothing to do and is set again.
 */
export class Alarm {
  readonly #storage: AlarmStorage;
  /** Milliseconds since 1970, or null: none is set. A copy of what the platform keeps. */
  #at: number | null = null;

  constructor(storage: AlarmStorage) {
    this.#storage = storage;
  }

  /** To be called once, before the object serves. */
  async load(): Promise<void> {
    this.#at = await this.#storage.getAlarm();
  }

  /** Rings at `time` or before. Inside a commit it is set with that commit, or not at all. */
  arm(time: number): void {
    if (this.#at !== null && this.#at <= time) return;
    this.#at = time;
    // The write joins the transaction that is open; its failure would fail that transaction.
    this.#storage.setAlarm(time).catch((error) => {
      console.error({ event: "alarm-not-set", error: String(error) });
      this.#at = null;
    });
  }

  /** A transaction that takes back what was armed in it when it is rolled back, as the platform does. */
  within(transaction: Transaction): Transaction {
    return (work) => {
      const before = this.#at;
      try {
        return transaction(work);
      } catch (error) {
        this.#at = before;
        throw error;
      }
    };
  }

  /** The alarm that has rung is used up. */
  rang(): void {
    this.#at = null;
  }
}
