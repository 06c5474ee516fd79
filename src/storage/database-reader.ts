import type { Reader, RowShape, SqlDriver, SqlValue } from "./sql.ts";

/** Reads over a driver. */
export class DatabaseReader implements Reader {
  readonly #driver: SqlDriver;

  constructor(driver: SqlDriver) {
    this.#driver = driver;
  }

  first<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row | null {
    return this.#driver.all<Row>(query, ...bindings)[0] ?? null;
  }

  one<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row {
    const row = this.first<Row>(query, ...bindings);
    if (!row) throw new Error("a query without its row");
    return row;
  }

  all<Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]): Row[] {
    return this.#driver.all<Row>(query, ...bindings);
  }

  columns<Columns extends SqlValue[]>(query: string, ...bindings: SqlValue[]): Columns[] {
    return this.#driver.columns<Columns>(query, ...bindings);
  }
}
