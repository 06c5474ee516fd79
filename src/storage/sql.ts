/**
 * The part of the runtime's `SqlStorage` that the rooms use. It is small so that the same SQL also runs on another
 * SQLite, where a simulation can crash it between any two steps.
 */
export interface Sql {
  exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row>;
}
export type SqlValue = string | number | null | ArrayBuffer;
/**
 * What was found is read to its end, and nothing offers to stop before: a cursor that is left half read holds its snapshot until
 * it is collected, and meanwhile the storage cannot fold its write-ahead log back into its file.
 */
export interface SqlCursor<Row> {
  toArray(): Row[];
  /** For `columns` below. */
  raw<Columns extends SqlValue[]>(): Iterable<Columns>;
}

/** A row of the shape of an interface: interfaces have no index signature, and rows need one. */
export type Row<Shape> = { [Column in keyof Shape]: Shape[Column] };

/** The first row, or null where there is none. */
export function first<Row extends Record<string, SqlValue>>(
  sql: Sql,
  query: string,
  ...bindings: SqlValue[]
): Row | null {
  return sql.exec<Row>(query, ...bindings).toArray()[0] ?? null;
}

/** All rows as arrays of their columns, which cost the runtime less than objects do. */
export function columns<Columns extends SqlValue[]>(sql: Sql, query: string, ...bindings: SqlValue[]): Columns[] {
  return Iterator.from(sql.exec(query, ...bindings).raw<Columns>()).toArray();
}

/** Runs `work` whole or not at all. Nothing in it may wait. */
export type Transaction = <T>(work: () => T) => T;
