import { limits } from "../limits.ts";
import { type Answer, replyClosing, replyOpening } from "../protocol/replies.ts";
import { byteStream } from "../storage/byte-streams.ts";
import type { Range } from "./page-range.ts";

/** The JSON texts of rows, and the range that is left after them: null at its end. */
export interface Chunk {
  rows: string[];
  rest: Range | null;
}

/** What a chunk needs to know of a row; `chars` are those of its text, which is what may be long. */
export interface Entry {
  id: number;
  chars: number;
  json: string;
}

/**
 * Fills a chunk from the start of a range, part by part. A part is read to its end: it is small until rows have turned out to
 * be short.
 *
 * @param read the next rows after an id, up to `until`, in the order of their ids
 */
export function fill<Row>(
  { after: start, until, rows: wanted }: Range,
  read: (after: number, until: number, rows: number) => readonly Row[],
  entryOf: (row: Row) => Entry,
): Chunk {
  const texts: string[] = [];
  const most = Math.min(wanted, limits.chunkRows);
  let after = start;
  let chars = 0;
  let jsonChars = 0;
  while (texts.length < most && after < until && chars <= limits.chunkMaxChars) {
    const isShort = texts.length > 0 && chars <= texts.length * limits.shortRowMaxChars;
    const asked = Math.min(most - texts.length, isShort ? limits.chunkPartRowsShort : limits.chunkPartRows);
    const rows = read(after, until, asked);
    for (const row of rows) {
      // Long rows behind short ones: what is read of them beyond this is read again.
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

/** The rows of a chunk, one by one again. */
export function rowsOf<Row>({ rows }: Chunk): Row[] {
  return JSON.parse(`[${rows.join(",")}]`);
}

/**
 * Answers a page from its first chunk: as it is where it is the only one, as a stream where more follow. A chunk is
 * read only when the reader has taken the one before, so that a slow reader costs no memory.
 */
export function pageAnswer(start: Chunk, next: (rest: Range) => Chunk | Promise<Chunk>): Answer {
  if (!start.rest) return { kind: "data", json: `[${start.rows.join(",")}]` };
  return { kind: "stream", body: byteStream(pageTexts(start, next)) };
}

async function* pageTexts(start: Chunk, next: (rest: Range) => Chunk | Promise<Chunk>): AsyncGenerator<string> {
  yield `${replyOpening}[${start.rows.join(",")}`;
  for (let { rest } = start; rest; ) {
    const chunk = await next(rest);
    rest = chunk.rest;
    const rows = chunk.rows.length > 0 ? `,${chunk.rows.join(",")}` : "";
    yield rest ? rows : `${rows}]${replyClosing}`;
  }
}
