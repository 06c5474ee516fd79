import type { QueueName } from "../domain-events.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { type DestinationState, healthyState } from "./retry-policy.ts";

type StateRow = Omit<DestinationState, "othersAccepted"> & { othersAccepted: number };

/** The states of one queue's destinations (table `destinations`). A destination without a row is healthy. */
export class DestinationStore {
  readonly #database: Reader;
  readonly #queue: QueueName;

  constructor(database: Reader, queue: QueueName) {
    this.#database = database;
    this.#queue = queue;
  }

  get(destination: string): DestinationState {
    const row = this.#database.first<StateRow>(
      `select failures, next_attempt_at nextAttemptAt, batch_size_limit batchSizeLimit, crashes_alone crashesAlone,
         crashing_alone_since crashingAloneSince, others_accepted othersAccepted, retry_after_until retryAfterUntil
       from destinations where destination = ? and queue = ?`,
      destination,
      this.#queue,
    );
    return row ? { ...row, othersAccepted: row.othersAccepted === 1 } : healthyState;
  }

  set(tx: Transaction, destination: string, state: DestinationState): void {
    tx.write(
      `insert into destinations (destination, queue, failures, next_attempt_at, batch_size_limit, crashes_alone,
         crashing_alone_since, others_accepted, retry_after_until)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (destination, queue) do update set failures = excluded.failures,
         next_attempt_at = excluded.next_attempt_at, batch_size_limit = excluded.batch_size_limit,
         crashes_alone = excluded.crashes_alone, crashing_alone_since = excluded.crashing_alone_since,
         others_accepted = excluded.others_accepted, retry_after_until = excluded.retry_after_until`,
      destination,
      this.#queue,
      state.failures,
      state.nextAttemptAt,
      state.batchSizeLimit,
      state.crashesAlone,
      state.crashingAloneSince,
      state.othersAccepted ? 1 : 0,
      state.retryAfterUntil,
    );
  }

  /** Notes that a destination was reached, at most once in `minIntervalMs` milliseconds. */
  noteContact(tx: Transaction, destination: string, now: number, minIntervalMs: number): void {
    tx.write(
      `insert into destinations (destination, queue, failures, batch_size_limit, crashes_alone, others_accepted,
         last_contact_at)
       values (?1, ?2, 0, ?3, 0, 0, ?4)
       on conflict (destination, queue) do update set last_contact_at = excluded.last_contact_at
         where coalesce(last_contact_at, 0) not between ?4 - ?5 + 1 and ?4`,
      destination,
      this.#queue,
      healthyState.batchSizeLimit,
      now,
      minIntervalMs,
    );
  }

  delete(tx: Transaction, destination: string): void {
    tx.write("delete from destinations where destination = ? and queue = ?", destination, this.#queue);
  }

  /** Some realms after one that have a row, in their order. The name of a shard has a slash. */
  listRealms(past: string, most: number): string[] {
    const query = `select destination from destinations
      where destination > ? and queue = ? and instr(destination, '/') = 0 order by destination limit ?`;
    const rows = this.#database.all<{ destination: string }>(query, past, this.#queue, most);
    return rows.map(({ destination }) => destination);
  }

  /** Milliseconds since 1970; null: never. */
  lastContactAt(destination: string): number | null {
    const query = "select last_contact_at lastContactAt from destinations where destination = ? and queue = ?";
    return (
      this.#database.first<{ lastContactAt: number | null }>(query, destination, this.#queue)?.lastContactAt ?? null
    );
  }
}
