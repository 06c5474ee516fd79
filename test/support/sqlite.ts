import { DatabaseSync } from "node:sqlite";
import type { Sql, SqlCursor, SqlValue, Transaction } from "../../src/storage/sql.ts";

/** A database in memory behind the same small interface that the objects use. */
export interface Database {
  sql: Sql;
  transaction: Transaction;
}

export function memoryDatabase(): Database {
  const database = new DatabaseSync(":memory:");
  database.exec("pragma foreign_keys = on");
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const statement = (query: string) => {
    const known = prepared.get(query) ?? database.prepare(query);
    prepared.set(query, known);
    return known;
  };
  return {
    sql: {
      exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row> {
        // A script of several statements takes no bindings, and cannot be prepared as one.
        if (bindings.length === 0 && query.includes(";")) {
          database.exec(query);
          return cursorOf<Row>([]);
        }
        // Rows of node:sqlite have no prototype, and what was selected has the shape that the query says.
        return cursorOf(statement(query).all(...(bindings as (string | number | null)[])) as Row[]);
      },
    },
    transaction<T>(work: () => T): T {
      database.exec("begin");
      try {
        const result = work();
        database.exec("commit");
        return result;
      } catch (error) {
        database.exec("rollback");
        throw error;
      }
    },
  };
}

function cursorOf<Row extends Record<string, SqlValue>>(rows: Row[]): SqlCursor<Row> {
  return {
    toArray: () => rows,
    raw: <Columns extends SqlValue[]>() => rows.map((row) => Object.values(row) as Columns),
  };
}
