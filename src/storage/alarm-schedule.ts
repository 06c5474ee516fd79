import { logError } from "./log.ts";
import type { Transaction } from "./sql.ts";

/** Port: the one alarm of a host's shard. It survives a crash, and rings at least once. Times are milliseconds since 1970. */
export interface AlarmPort {
  get(): Promise<number | null>;
  /** Joins the transaction that is open; the returned promise rejects if the alarm could not be stored. */
  set(time: number): Promise<void>;
}

/**
 * The shard's alarm, kept at the least of all dues. Setting it costs a row, so it is set only where no earlier one is set. An
 * alarm that rings too early finds nothing to do and is set again.
 */
export class AlarmSchedule {
  readonly #port: AlarmPort;
  /** A copy of what the host keeps; null: none is set. */
  #scheduledFor: number | null = null;

  constructor(port: AlarmPort) {
    this.#port = port;
  }

  /** Must be awaited once before the shard serves. */
  async load(): Promise<void> {
    this.#scheduledFor = await this.#port.get();
  }

  /** Makes the alarm ring at `time` or before. */
  schedule(tx: Transaction, time: number): void {
    const before = this.#scheduledFor;
    if (before !== null && before <= time) return;
    this.#scheduledFor = time;
    tx.onRollback(() => {
      this.#scheduledFor = before;
    });
    this.#port.set(time).catch((error) => {
      logError("alarm-not-set", error);
      this.#scheduledFor = null;
    });
  }

  /** The alarm has rung, and is used up. */
  fired(): void {
    this.#scheduledFor = null;
  }
}
