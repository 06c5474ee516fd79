import { limits } from "../limits.ts";

/**
 * What retention may delete of the oldest rows of a log, `limits.retentionChunkRows` at most: the rows before the first one that
 * is kept, so that ids have no gaps but at the old end.
 *
 * @returns the last row to delete, and whether the rows after these may be prunable too; null: nothing may be deleted
 */
export function prunableRows<Row extends { id: number }>(
  oldest: readonly Row[],
  isKept: (row: Row) => boolean,
): { upTo: number; mayHaveMore: boolean } | null {
  const kept = oldest.findIndex(isKept);
  const last = oldest.at(kept < 0 ? -1 : kept - 1);
  if (!last || kept === 0) return null;
  return { upTo: last.id, mayHaveMore: kept < 0 && oldest.length === limits.retentionChunkRows };
}
