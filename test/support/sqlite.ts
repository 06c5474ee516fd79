import { DatabaseSync, type StatementSync } from "node:sqlite";
import { migrate } from "../../src/shard/schema.ts";
import type { Timer } from "../../src/storage/clock.ts";
import { DatabaseReader } from "../../src/storage/database-reader.ts";
import { EventDispatcher } from "../../src/storage/event-dispatcher.ts";
import type { RowShape, SqlCursor, SqlDriver, SqlValue } from "../../src/storage/sql.ts";
import { UnitOfWork } from "../../src/storage/unit-of-work.ts";

/** A database in memory, behind the port that the shard uses, and the parts that every store is built from. */
export interface MemoryDatabase {
  driver: SqlDriver;
  /** It throws where a query writes. */
  database: DatabaseReader;
  dispatcher: EventDispatcher;
  unitOfWork: UnitOfWork;
}

/** An empty database. Its unit of work commits in a microtask, so that tests with fake timers need not move time. */
export function memoryDatabase(timer: Timer = microtaskTimer): MemoryDatabase {
  const driver = memoryDriver();
  const dispatcher = new EventDispatcher();
  return {
    driver,
    database: new CheckedDatabase(driver),
    dispatcher,
    unitOfWork: new UnitOfWork({ driver, dispatcher, timer }),
  };
}

/** A database with the tables of a shard. */
export function migratedDatabase(timer?: Timer): MemoryDatabase {
  const memory = memoryDatabase(timer);
  migrate(memory.driver);
  return memory;
}

/** SQLite in memory. */
export function memoryDriver(): SqlDriver {
  const sqlite = new DatabaseSync(":memory:");
  sqlite.exec("pragma foreign_keys = on");
  const prepared = new Map<string, StatementSync>();
  const statement = (query: string) => {
    const known = prepared.get(query) ?? sqlite.prepare(query);
    prepared.set(query, known);
    return known;
  };
  return {
    exec<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row> {
      // A script of several statements takes no bindings, and cannot be prepared as one.
      if (bindings.length === 0 && query.includes(";")) {
        sqlite.exec(query);
        return cursorOf<Row>([]);
      }
      const inputs = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
      // The query names the columns, so the rows have the shape that its caller expects.
      return cursorOf(statement(query).all(...inputs) as Row[]);
    },
    transaction<T>(work: () => T): T {
      sqlite.exec("begin");
      try {
        const result = work();
        sqlite.exec("commit");
        return result;
      } catch (error) {
        sqlite.exec("rollback");
        throw error;
      }
    },
    untilDurable: () => Promise.resolve(),
  };
}

/** Reads outside transactions, and throws where a query writes: the type of a reader does not say what its queries do. */
export class CheckedDatabase extends DatabaseReader {
  constructor(driver: SqlDriver) {
    const isChecked = new Set<string>();
    const exec: SqlDriver["exec"] = (query, ...bindings) => {
      if (isChecked.has(query)) return driver.exec(query, ...bindings);
      if (!/^\s*(select|with)\b/.test(query)) throw new Error(`a reader's query that is no select: ${query}`);
      // SQLite itself refuses to write, also behind a `with` clause. Once for each query: it costs two statements.
      driver.exec("pragma query_only = on");
      try {
        const cursor = driver.exec<never>(query, ...bindings);
        isChecked.add(query);
        return cursor;
      } finally {
        driver.exec("pragma query_only = off");
      }
    };
    super({ ...driver, exec });
  }
}

const microtaskTimer: Timer = (done) => {
  let isCancelled = false;
  queueMicrotask(() => {
    if (!isCancelled) done();
  });
  return () => {
    isCancelled = true;
  };
};

function cursorOf<Row extends RowShape<Row>>(rows: Row[]): SqlCursor<Row> {
  return {
    toArray: () => rows,
    raw: <Columns extends SqlValue[]>() => rows.map((row) => Object.values(row) as Columns),
  };
}
