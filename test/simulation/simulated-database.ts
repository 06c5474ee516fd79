import { openSqlite } from "../../src/selfhost/sqlite-driver.ts";
import type { RowShape, SqlDriver, SqlValue } from "../../src/storage/sql.ts";

/** The database of a simulated shard, in memory. It survives a crash of the process; the process's connection does not. */
export class SimulatedDatabase {
  readonly #sqlite = openSqlite(":memory:");
  #hasChanged = false;

  /** Opens a connection for a new process. */
  connect(): Connection {
    return new Connection(this.#sqlite, () => {
      this.#hasChanged = true;
    });
  }

  /** Reads and writes what the platform keeps, whether a process runs or not. */
  get platform(): SqlDriver {
    return this.#sqlite;
  }

  /** Whether a transaction has begun since the last call. */
  takeHasChanged(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }
}

/** The connection of one process. A process that has crashed can neither read nor write. */
export class Connection implements SqlDriver {
  readonly #driver: SqlDriver;
  readonly #onTransaction: () => void;
  isOpen = true;

  constructor(driver: SqlDriver, onTransaction: () => void) {
    this.#driver = driver;
    this.#onTransaction = onTransaction;
  }

  run(query: string, ...bindings: SqlValue[]): void {
    this.#openDriver().run(query, ...bindings);
  }

  all<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row[] {
    return this.#openDriver().all<Row>(query, ...bindings);
  }

  columns<Columns extends SqlValue[]>(query: string, ...bindings: SqlValue[]): Columns[] {
    return this.#openDriver().columns<Columns>(query, ...bindings);
  }

  script(statements: string): void {
    this.#openDriver().script(statements);
  }

  transaction<T>(work: () => T): T {
    const driver = this.#openDriver();
    this.#onTransaction();
    return driver.transaction(work);
  }

  #openDriver(): SqlDriver {
    if (!this.isOpen) throw new Error("the process of this connection has crashed");
    return this.#driver;
  }
}
