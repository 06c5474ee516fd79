import { DatabaseSync, type StatementSync } from "node:sqlite";
import { limits } from "../limits.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import { type RowShape, type SqlDriver, type SqlValue, StorageUnavailable } from "../storage/sql.ts";

/** A SQLite database that this process has opened. */
export interface SqliteDatabase extends SqlDriver {
  /** Pages in the write-ahead log, those included that a checkpoint has folded back since it began. */
  logPages(): number;
  /** Folds the write-ahead log back into the file, as far as no other connection reads from it. */
  checkpoint(): void;
  /** Folds the write-ahead log back into the file, and closes it. */
  close(): void;
}

/**
 * Opens a SQLite database with `node:sqlite`. A transaction is on disk when `transaction` returns: with `synchronous=full` SQLite
 * syncs its write-ahead log at each commit, and with `fullfsync` macOS does not leave it in the drive's cache (SQLite
 * documentation, "PRAGMA synchronous", "PRAGMA fullfsync").
 *
 * @param path of the file, or `:memory:`
 */
export function openSqlite(path: string): SqliteDatabase {
  const sqlite = new DatabaseSync(path, { timeout: limits.databaseBusyMs });
  sqlite.exec(`
    pragma page_size = ${limits.databasePageBytes};
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma wal_autocheckpoint = ${limits.checkpointHardPages};
    pragma cache_size = -${limits.databaseCacheKib};
    pragma foreign_keys = on;
    pragma fullfsync = on;
    pragma checkpoint_fullfsync = on;
  `);
  const statements = new BoundedCache<string, StatementSync>(limits.statementCacheMax);
  /** Array rows are a mode of a statement, so a query that is read both ways has two. */
  const arrayStatements = new BoundedCache<string, StatementSync>(limits.statementCacheMax);
  const begin = sqlite.prepare("begin immediate");
  const commit = sqlite.prepare("commit");
  const logState = sqlite.prepare("pragma wal_checkpoint(noop)");
  const checkpoint = sqlite.prepare("pragma wal_checkpoint(passive)");

  const prepared = (query: string, cache: typeof statements): StatementSync => {
    let statement = cache.get(query);
    if (!statement) {
      statement = sqlite.prepare(query);
      statement.setReturnArrays(cache === arrayStatements);
      cache.set(query, statement);
    }
    return statement;
  };
  return {
    run: (query, ...bindings) => void prepared(query, statements).run(...bindings),
    // The query decides the columns of a row, so their types cannot be checked here.
    all<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]) {
      try {
        return prepared(query, statements).all(...bindings) as Row[];
      } catch (error) {
        throw toStorageError(error);
      }
    },
    columns<Columns extends SqlValue[]>(query: string, ...bindings: SqlValue[]) {
      // node:sqlite declares every row as an object, whatever the mode of its statement.
      const rows: unknown[] = prepared(query, arrayStatements).all(...bindings);
      return rows as Columns[];
    },
    script: (text) => sqlite.exec(text),
    transaction(work) {
      try {
        begin.run();
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        // SQLite itself has rolled back after some errors, such as a full disk.
        if (sqlite.isTransaction) sqlite.exec("rollback");
        throw toStorageError(error);
      }
    },
    logPages: () => Number(logState.get()?.log),
    checkpoint: () => void checkpoint.get(),
    close: () => sqlite.close(),
  };
}

/** Primary result codes that say nothing of the statement (SQLite documentation, "Result and Error Codes"). */
const unavailableCodes: ReadonlySet<number> = new Set([
  5, // SQLITE_BUSY: another program holds the file
  10, // SQLITE_IOERR
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
]);

/** `node:sqlite` throws errors with the extended result code as `errcode`. Its low byte is the primary one. */
function toStorageError(error: unknown): unknown {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  if (!unavailableCodes.has(code)) return error;
  return new StorageUnavailable(error instanceof Error ? error.message : "", { cause: error });
}
