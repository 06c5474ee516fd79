import type { DomainEvent } from "../domain-events.ts";
import { limits } from "../limits.ts";
import { DatabaseReader } from "./database-reader.ts";
import type { EventDispatcher } from "./event-dispatcher.ts";
import type { CommitScheduler, RowShape, SqlDriver, SqlValue, Transaction } from "./sql.ts";

export interface UnitOfWorkDeps {
  driver: SqlDriver;
  dispatcher: EventDispatcher;
  scheduleCommit: CommitScheduler;
}

/** A write that waits for its commit. */
interface PendingWrite {
  apply(tx: Transaction): void;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Group commit: the only door to a write. Writes that arrive before the host calls for the commit share one transaction. A write
 * resolves when its transaction has committed. Nothing of it leaves the host before the commit is on disk: SQLite waits for the
 * disk on Node, and the output gate holds answers back on Durable Objects.
 *
 * Writes run in the order in which they arrived. A batch that throws is rolled back, and its writes are then applied one by
 * one, so that a faulty write fails alone.
 */
export class UnitOfWork {
  readonly #deps: UnitOfWorkDeps;
  readonly #rollbackListeners: (() => void)[] = [];
  readonly #waiting: PendingWrite[] = [];
  #commits = 0;
  #writes = 0;

  constructor(deps: UnitOfWorkDeps) {
    this.#deps = deps;
  }

  /** @param work reads and writes without waiting; its result is answered once it is durable */
  run<T>(work: (tx: Transaction) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      const write: PendingWrite = {
        apply: (tx) => {
          result = work(tx);
        },
        resolve: () => resolve(result),
        reject,
      };
      this.#waiting.push(write);
      if (this.#waiting.length === 1) this.#scheduleCommit();
    });
  }

  /** Commits one write at once, without those that wait. For start and maintenance: no request waits for these. */
  runNow<T>(work: (tx: Transaction) => T): T {
    const { result, events } = this.#transact(work);
    this.#deps.dispatcher.dispatch(events);
    return result;
  }

  /** Commits since the start, and the writes in them. */
  get counts(): { commits: number; writes: number } {
    return { commits: this.#commits, writes: this.#writes };
  }

  /** Calls `listener` after each rollback: what a cache learned in it may never have been committed. */
  onRollback(listener: () => void): void {
    this.#rollbackListeners.push(listener);
  }

  #scheduleCommit(): void {
    this.#deps.scheduleCommit(() => this.#commit());
  }

  #commit(): void {
    const writes = this.#waiting.splice(0, limits.commitMaxWrites);
    this.#commits++;
    this.#writes += writes.length;
    if (this.#waiting.length > 0) this.#scheduleCommit();
    const events = this.#applyTogether(writes) ?? writes.flatMap((write) => this.#applyAlone(write));
    this.#deps.dispatcher.dispatch(events);
  }

  /** @returns the events, or null where a write has thrown: the batch was rolled back, and its writes are to be applied alone */
  #applyTogether(writes: readonly PendingWrite[]): DomainEvent[] | null {
    // A lone write that fails is not tried again: its caller gets the error.
    const [only] = writes;
    if (writes.length === 1 && only) return this.#applyAlone(only);
    let isApplied = false;
    let isStarted = false;
    try {
      const { events } = this.#transact((tx) => {
        isStarted = true;
        for (const write of writes) write.apply(tx);
        isApplied = true;
      });
      for (const write of writes) write.resolve();
      return events;
    } catch (error) {
      if (isStarted && !isApplied) return null;
      // The transaction itself could not begin or commit, which is the fault of no write.
      for (const write of writes) write.reject(error);
      return [];
    }
  }

  #applyAlone(write: PendingWrite): DomainEvent[] {
    try {
      const { events } = this.#transact((tx) => write.apply(tx));
      write.resolve();
      return events;
    } catch (error) {
      write.reject(error);
      return [];
    }
  }

  #transact<T>(work: (tx: Transaction) => T): { result: T; events: DomainEvent[] } {
    const tx = new OpenTransaction(this.#deps.driver);
    try {
      const result = this.#deps.driver.transaction(() => work(tx));
      return { result, events: tx.events };
    } catch (error) {
      tx.rollBack();
      for (const listener of this.#rollbackListeners) listener();
      throw error;
    } finally {
      tx.close();
    }
  }
}

class OpenTransaction extends DatabaseReader implements Transaction {
  readonly events: DomainEvent[] = [];
  readonly #driver: SqlDriver;
  readonly #undos: (() => void)[] = [];
  #isOpen = true;

  constructor(driver: SqlDriver) {
    super(driver);
    this.#driver = driver;
  }

  write(query: string, ...bindings: SqlValue[]): void {
    this.#checkOpen();
    this.#driver.run(query, ...bindings);
  }

  writeReturning<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row | null {
    this.#checkOpen();
    return this.#driver.all<Row>(query, ...bindings)[0] ?? null;
  }

  emit(event: DomainEvent): void {
    this.#checkOpen();
    this.events.push(event);
  }

  onRollback(undo: () => void): void {
    this.#undos.push(undo);
  }

  rollBack(): void {
    for (const undo of this.#undos.reverse()) undo();
  }

  close(): void {
    this.#isOpen = false;
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new Error("a write after its transaction has ended");
  }
}
