import { limits } from "../limits.ts";
import type { PageRange } from "./page-range.ts";

/** The JSON texts of rows, and the range that is left after them; null at the end of the page. */
export interface Chunk {
  rows: string[];
  rest: PageRange | null;
}

/** A row as a chunk needs it; `chars` counts its text, the part that may be long. */
export interface ChunkEntry {
  id: number;
  chars: number;
  json: string;
}

/**
 * Fills a chunk from the start of a range, part by part. A part is read to its end, so it is small until the rows have turned
 * out to be short.
 *
 * @param read the next rows after an id, up to `until`, in the order of their ids
 */
export function fillChunk<Row>(
  { after: start, until, rows: wanted }: PageRange,
  read: (after: number, until: number, rows: number) => readonly Row[],
  entryOf: (row: Row) => ChunkEntry,
): Chunk {
  const texts: string[] = [];
  const most = Math.min(wanted, limits.chunkRows);
  let after = start;
  let chars = 0;
  let jsonChars = 0;
  while (texts.length < most && after < until && chars <= limits.chunkMaxChars) {
    const areShort = texts.length > 0 && chars <= texts.length * limits.shortRowMaxChars;
    const asked = Math.min(most - texts.length, areShort ? limits.chunkShortPartRows : limits.chunkPartRows);
    const rows = read(after, until, asked);
    for (const row of rows) {
      // Long rows after short ones: the next chunk reads them again.
      if (jsonChars > limits.chunkJsonChars)
        return { rows: texts, rest: { after, until, rows: wanted - texts.length } };
      const entry = entryOf(row);
      texts.push(entry.json);
      after = entry.id;
      chars += entry.chars;
      jsonChars += entry.json.length;
    }
    if (rows.length < asked) return { rows: texts, rest: null };
  }
  const isLast = texts.length === wanted || after >= until;
  return { rows: texts, rest: isLast ? null : { after, until, rows: wanted - texts.length } };
}
