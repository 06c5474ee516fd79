import { limits } from "../limits.ts";
import type { PageOptions } from "../protocol/commands.ts";

/** The rows that a page asks for. Ids have no gaps but at the old end, so `last` needs no counting. */
export interface PageRange {
  /** Only ids above this one. */
  after: number;
  /** Only ids up to this one: a page ends at the newest row of the moment it was asked for. */
  until: number;
  /** At most this many rows. */
  rows: number;
}

/** @param newest the highest id, 0 for none */
export function pageRangeOf(page: PageOptions, newest: number): PageRange {
  const until = Math.min(newest, (page.before ?? Number.MAX_SAFE_INTEGER) - 1);
  const after = Math.max(page.after ?? 0, page.last === undefined ? 0 : until - page.last);
  return { after, until, rows: page.limit ?? Number.MAX_SAFE_INTEGER };
}

/** The page options that ask for a range. */
export function pageOptionsOf(range: PageRange): PageOptions {
  return { after: range.after, before: range.until + 1, ...(range.rows < limits.pageMaxRows && { limit: range.rows }) };
}

/** Whether new rows can still fill a page that is empty now. They cannot if it ends before a row that exists already. */
export function canStillFill(page: PageOptions, newest: number): boolean {
  return (page.before ?? Number.MAX_SAFE_INTEGER) - 1 > Math.max(newest, page.after ?? 0);
}

export function isEmptyRange(range: PageRange): boolean {
  return range.after >= range.until;
}
