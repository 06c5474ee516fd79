import { openSqlite } from "../../src/selfhost/sqlite-driver.ts";
import { migrate } from "../../src/shard/schema.ts";
import { DatabaseReader } from "../../src/storage/database-reader.ts";
import { EventDispatcher } from "../../src/storage/event-dispatcher.ts";
import type { CommitScheduler, SqlDriver } from "../../src/storage/sql.ts";
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
export function memoryDatabase(scheduleCommit: CommitScheduler = queueMicrotask): MemoryDatabase {
  const driver = memoryDriver();
  const dispatcher = new EventDispatcher();
  return {
    driver,
    database: new CheckedDatabase(driver),
    dispatcher,
    unitOfWork: new UnitOfWork({ driver, dispatcher, scheduleCommit }),
  };
}

/** A database with the tables of a shard. */
export function migratedDatabase(scheduleCommit?: CommitScheduler): MemoryDatabase {
  const memory = memoryDatabase(scheduleCommit);
  migrate(memory.driver);
  return memory;
}

/** SQLite in memory, through the driver that a self-hosted server uses. */
export function memoryDriver(): SqlDriver {
  return openSqlite(":memory:");
}

/** Reads outside transactions, and throws where a query writes: the type of a reader does not say what its queries do. */
export class CheckedDatabase extends DatabaseReader {
  constructor(driver: SqlDriver) {
    const checked = new Set<string>();
    const readOnly = <Rows>(query: string, read: () => Rows): Rows => {
      if (checked.has(query)) return read();
      if (!/^\s*(select|with)\b/.test(query)) throw new Error(`a reader's query that is no select: ${query}`);
      // SQLite itself refuses to write, also behind a `with` clause. Once for each query: it costs two statements.
      driver.run("pragma query_only = on");
      try {
        const rows = read();
        checked.add(query);
        return rows;
      } finally {
        driver.run("pragma query_only = off");
      }
    };
    super({
      ...driver,
      all: (query, ...bindings) => readOnly(query, () => driver.all<never>(query, ...bindings)),
      columns: (query, ...bindings) => readOnly(query, () => driver.columns(query, ...bindings)),
    });
  }
}
