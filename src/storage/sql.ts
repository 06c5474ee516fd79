import type { DomainEvent } from "../domain-events.ts";

export type SqlValue = string | number | null;
/** What a row must be: each column a value that SQLite has. */
export type RowShape<Row> = { [Column in keyof Row]: SqlValue };

/** Port: the SQLite database of a host. It is small, so that Durable Objects, Node and the simulation can all be it. */
export interface SqlDriver {
  /** Runs a statement for its effect. */
  run(query: string, ...bindings: SqlValue[]): void;
  /**
   * All rows of a statement. There is no cursor: a half-read one on Durable Objects keeps its snapshot until it is collected, and
   * the write-ahead log cannot be folded back into the database meanwhile.
   */
  all<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row[];
  /** All rows as arrays of their columns. */
  columns<Columns extends SqlValue[]>(query: string, ...bindings: SqlValue[]): Columns[];
  /** Runs several statements without bindings. */
  script(statements: string): void;
  /** Runs `work` whole or not at all; `work` must not wait. A throw rolls back and is thrown on. */
  transaction<T>(work: () => T): T;
}

/** The storage cannot write or read now, and may later: a full disk, or one that fails. What was being written is rolled back. */
export class StorageUnavailable extends Error {
  override readonly name = "StorageUnavailable";
}

/**
 * Port: when the writes that wait are committed. The host calls `commit` once: late enough that requests which are arriving can
 * share the commit, and so early that a lone write waits for nobody.
 */
export type CommitScheduler = (commit: () => void) => void;

/** Reads. Inside a transaction it sees what that transaction has written. */
export interface Reader {
  /** The first row; null: there is none. */
  first<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row | null;
  /** The row of a query that always has one, such as a count. @throws where it has none */
  one<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row;
  all<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row[];
  /** All rows as arrays of their columns: objects cost the runtime more. */
  columns<Columns extends SqlValue[]>(query: string, ...bindings: SqlValue[]): Columns[];
}

/** The only way to write. `UnitOfWork.run` hands it out, and it is of no use once its commit is over. */
export interface Transaction extends Reader {
  write(query: string, ...bindings: SqlValue[]): void;
  /** A write with a `returning` clause. @returns its first row, or null where it changed nothing */
  writeReturning<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row | null;
  /** Collects an event. Subscribers get it after the commit; a rollback drops it. */
  emit(event: DomainEvent): void;
  /** Undoes a change in memory if this transaction is rolled back. */
  onRollback(undo: () => void): void;
}
