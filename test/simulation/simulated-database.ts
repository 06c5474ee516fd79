import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { RowShape, SqlCursor, SqlDriver, SqlValue } from "../../src/storage/sql.ts";

/** The database of a simulated shard, in memory. It survives a crash of the process; the process's connection does not. */
export class SimulatedDatabase {
  readonly #sqlite = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  #hasChanged = false;

  /** Opens a connection for a new process. */
  connect(): Connection {
    return new Connection(this);
  }

  exec<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row> {
    // A script of several statements takes no bindings, and SQLite cannot prepare it as one statement.
    if (bindings.length === 0 && query.includes(";")) {
      this.#sqlite.exec(query);
      return new Rows<Row>([]);
    }
    // The query decides the shape of its rows.
    return new Rows(this.#prepare(query).all(...bindings.map(toBinding)) as Record<string, SqlValue>[] as Row[]);
  }

  transaction<T>(work: () => T): T {
    this.#hasChanged = true;
    this.#sqlite.exec("begin");
    try {
      const result = work();
      this.#sqlite.exec("commit");
      return result;
    } catch (error) {
      this.#sqlite.exec("rollback");
      throw error;
    }
  }

  /** Whether a transaction has begun since the last call. */
  takeHasChanged(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  #prepare(query: string): StatementSync {
    const known = this.#statements.get(query) ?? this.#sqlite.prepare(query);
    this.#statements.set(query, known);
    return known;
  }
}

/** The connection of one process. A process that has crashed can neither read nor write. */
export class Connection implements SqlDriver {
  readonly #database: SimulatedDatabase;
  isOpen = true;

  constructor(database: SimulatedDatabase) {
    this.#database = database;
  }

  exec<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row> {
    this.#checkOpen();
    return this.#database.exec<Row>(query, ...bindings);
  }

  transaction<T>(work: () => T): T {
    this.#checkOpen();
    return this.#database.transaction(work);
  }

  /** The simulated disk keeps what was committed. */
  untilDurable(): Promise<void> {
    return Promise.resolve();
  }

  #checkOpen(): void {
    if (!this.isOpen) throw new Error("the process of this connection has crashed");
  }
}

class Rows<Row extends RowShape<Row>> implements SqlCursor<Row> {
  readonly #rows: Row[];

  constructor(rows: Row[]) {
    this.#rows = rows;
  }

  toArray(): Row[] {
    return this.#rows;
  }

  raw<Columns extends SqlValue[]>(): Columns[] {
    return this.#rows.map((row) => Object.values(row) as Columns);
  }
}

function toBinding(value: SqlValue): string | number | null | Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}
