import type { Row } from "./reply-parser.ts";

/**
 * The part of a conversation that the page holds: messages without a gap between them, oldest first. However long the
 * conversation is, a stretch is short; what is far from where one reads is let go, and read again when one gets there.
 */
export interface Stretch {
  rows: readonly Row[];
  /** Nothing is older than its first row. */
  reachesStart: boolean;
  /** Nothing was newer than its last row when it was last looked at. */
  reachesEnd: boolean;
}

/** Messages asked for at once: about three screens. */
export const pageRows = 60;
/** Messages held, and so elements on the page. */
export const stretchMaxRows = 240;

/** The newest page of a conversation. */
export function newestPage(rows: readonly Row[]): Stretch {
  return { rows, reachesStart: rows.length < pageRows, reachesEnd: true };
}

/** The oldest page of a conversation. */
export function oldestPage(rows: readonly Row[]): Stretch {
  return { rows, reachesStart: true, reachesEnd: rows.length < pageRows };
}

/** Puts a page of older messages before a stretch; where it grows too long its newest are let go. */
export function withOlder(stretch: Stretch, page: readonly Row[]): Stretch {
  const rows = merged(stretch.rows, page);
  return {
    rows: rows.slice(0, stretchMaxRows),
    reachesStart: page.length < pageRows,
    reachesEnd: stretch.reachesEnd && rows.length <= stretchMaxRows,
  };
}

/** Puts a page of newer messages behind a stretch; where it grows too long its oldest are let go. */
export function withNewer(stretch: Stretch, page: readonly Row[]): Stretch {
  const rows = merged(stretch.rows, page);
  return {
    rows: rows.slice(-stretchMaxRows),
    reachesStart: stretch.reachesStart && rows.length <= stretchMaxRows,
    reachesEnd: page.length < pageRows,
  };
}

/**
 * A message that was told of: it comes to the end of a stretch, or is news of a row that is there.
 *
 * @returns `gap` where messages between the last row and this one have to be read first
 */
export function withArrival(stretch: Stretch, row: Row): { stretch: Stretch; gap: boolean } {
  const last = stretch.rows.at(-1);
  if (stretch.rows.some(({ id }) => id === row.id)) {
    return { stretch: { ...stretch, rows: merged(stretch.rows, [row]) }, gap: false };
  }
  if (last && row.id < last.id) return { stretch, gap: false };
  // Whoever reads far up finds it on the way down.
  if (!stretch.reachesEnd) return { stretch, gap: false };
  const next = last ? last.id + 1 : 1;
  if (row.id !== next && !(stretch.reachesStart && !last)) return { stretch, gap: true };
  const rows = [...stretch.rows, row];
  return {
    stretch: {
      rows: rows.slice(-stretchMaxRows),
      reachesStart: stretch.reachesStart && rows.length <= stretchMaxRows,
      reachesEnd: true,
    },
    gap: false,
  };
}

/** News of an own message: a queued one has come to its end. */
export function withState(stretch: Stretch, sent: number, news: Pick<Row, "state" | "reason">): Stretch {
  if (!stretch.rows.some((row) => row.sent === sent)) return stretch;
  return { ...stretch, rows: stretch.rows.map((row) => (row.sent === sent ? { ...row, ...news } : row)) };
}

/** Both, each id once, in order. A row that says nothing new stays the same object, so that nothing is drawn again. */
function merged(held: readonly Row[], page: readonly Row[]): Row[] {
  const byId = new Map(held.map((row) => [row.id, row]));
  for (const row of page) {
    const known = byId.get(row.id);
    const isSame = known && Object.entries(row).every(([name, value]) => known[name as keyof Row] === value);
    if (!isSame) byId.set(row.id, { ...known, ...row });
  }
  return [...byId.values()].sort((one, other) => one.id - other.id);
}
