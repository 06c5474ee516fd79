import { limits } from "../limits.ts";
import type { PageOptions } from "../protocol/commands.ts";

/** The part of a log that a page asks for. Ids of a log have no gaps but at its old end, so `last` needs no counting. */
export interface Range {
  /** Only ids above this one. */
  after: number;
  /** Only ids up to this one: a page ends where the log ended when it was asked for. */
  until: number;
  /** At most this many messages. */
  rows: number;
}

/** @param newest the highest id of the log, 0 for an empty one */
export function rangeOf(page: PageOptions, newest: number): Range {
  const until = Math.min(newest, (page.before ?? Number.MAX_SAFE_INTEGER) - 1);
  const after = Math.max(page.after ?? 0, page.last === undefined ? 0 : until - page.last);
  return { after, until, rows: page.limit ?? Number.MAX_SAFE_INTEGER };
}

/** Whether a page that is empty now can still be filled: not where it ends before a message that is there already. */
export function canFill(page: PageOptions, newest: number): boolean {
  return (page.before ?? Number.MAX_SAFE_INTEGER) - 1 > Math.max(newest, page.after ?? 0);
}

export function isEmpty(range: Range): boolean {
  return range.after >= range.until;
}

/**
 * What retention may remove of a piece of the oldest rows, `limits.retentionChunkRows` at most: those before the first that is
 * kept, so that ids have no gaps but at the old end.
 *
 * @returns the last of them, and whether there may be more behind the piece; null: nothing
 */
export function removable<Row extends { id: number }>(
  oldest: readonly Row[],
  isKept: (row: Row) => boolean,
): { upTo: number; isMore: boolean } | null {
  const kept = oldest.findIndex(isKept);
  const last = oldest.at(kept < 0 ? -1 : kept - 1);
  if (!last || kept === 0) return null;
  return { upTo: last.id, isMore: kept < 0 && oldest.length === limits.retentionChunkRows };
}
