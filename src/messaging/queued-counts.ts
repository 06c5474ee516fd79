import type { Reader, Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { queuedCountsQuery } from "./cross-store-queries.ts";

interface Counts {
  byDestination: Map<string, number>;
  byAccount: Map<number, Map<string, number>>;
}

/**
 * How many sent messages wait, by destination and by sender. The counts are in memory, so that neither a send nor `realms` counts
 * rows; the first look after a start, or after a rollback, reads the index of the queues once.
 */
export class QueuedCounts {
  readonly #database: Reader;
  #counts: Counts | null = null;

  constructor(database: Reader, unitOfWork: Pick<UnitOfWork, "onRollback">) {
    this.#database = database;
    unitOfWork.onRollback(() => {
      this.#counts = null;
    });
  }

  waitingFor(destination: string): number {
    return this.#load().byDestination.get(destination) ?? 0;
  }

  /** The destinations that messages of an account wait for, each with their number. */
  of(accountId: number): ReadonlyMap<string, number> {
    return this.#load().byAccount.get(accountId) ?? none;
  }

  /** Must be called in the transaction that puts a message into its queue (1) or takes it out (-1). */
  changed(_tx: Transaction, accountId: number, destination: string, change: 1 | -1): void {
    // Counts that are loaded later have the change.
    if (this.#counts) note(this.#counts, accountId, destination, change);
  }

  /** Must be called in a transaction that deletes queued messages. */
  forget(_tx: Transaction): void {
    this.#counts = null;
  }

  #load(): Counts {
    if (this.#counts) return this.#counts;
    const counts: Counts = { byDestination: new Map(), byAccount: new Map() };
    const rows = this.#database.columns<[accountId: number, destination: string, waiting: number]>(queuedCountsQuery);
    for (const [accountId, destination, waiting] of rows) note(counts, accountId, destination, waiting);
    this.#counts = counts;
    return counts;
  }
}

function note({ byDestination, byAccount }: Counts, accountId: number, destination: string, change: number): void {
  const ofAccount = byAccount.get(accountId) ?? new Map<string, number>();
  add(byDestination, destination, change);
  add(ofAccount, destination, change);
  if (ofAccount.size === 0) byAccount.delete(accountId);
  else byAccount.set(accountId, ofAccount);
}

/** Destinations come and go, so none is kept with 0. */
function add(counts: Map<string, number>, destination: string, change: number): void {
  const count = (counts.get(destination) ?? 0) + change;
  if (count > 0) counts.set(destination, count);
  else counts.delete(destination);
}

const none: ReadonlyMap<string, number> = new Map();
