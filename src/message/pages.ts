import type { Page } from "../protocol/commands.ts";

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
export function rangeOf(page: Page, newest: number): Range {
  const until = Math.min(newest, (page.before ?? Number.MAX_SAFE_INTEGER) - 1);
  const after = Math.max(page.after ?? 0, page.last === undefined ? 0 : until - page.last);
  return { after, until, rows: page.limit ?? Number.MAX_SAFE_INTEGER };
}

/** Whether a page that is empty now can still be filled: not where it ends before a message that is there already. */
export function canFill(page: Page, newest: number): boolean {
  return (page.before ?? Number.MAX_SAFE_INTEGER) - 1 > Math.max(newest, page.after ?? 0);
}

export function isEmpty(range: Range): boolean {
  return range.after >= range.until;
}
