import type { Reader, RowShape, SqlDriver, SqlValue } from "./sql.ts";

/** Reads over a driver. */
export class DatabaseReader implements Reader {
  readonly #driver: SqlDriver;

  constructor(driver: SqlDriver) {
    this.#driver = driver;
  }

  first<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row | null {
    return this.#driver.exec<Row>(query, ...bindings).toArray()[0] ?? null;
  }

  one<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row {
    const row = this.first<Row>(query, ...bindings);
    if (!row) throw new Error("a query without its row");
    return row;
  }

  all<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row[] {
    return this.#driver.exec<Row>(query, ...bindings).toArray();
  }

  columns<Columns extends SqlValue[]>(query: string, ...bindings: SqlValue[]): Columns[] {
    return Iterator.from(this.#driver.exec<Record<string, SqlValue>>(query, ...bindings).raw<Columns>()).toArray();
  }
}
