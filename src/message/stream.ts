import { byteStream } from "../bytes.ts";
import { limits } from "../limits.ts";
import { type Answer, closing, opening } from "../protocol/replies.ts";
import type { Range } from "./pages.ts";

/** The JSON texts of rows, and the range that is left after them: null at its end. */
export interface Chunk {
  rows: string[];
  rest: Range | null;
}

/** Takes a chunk from rows in the order of their ids; the cursor is left where the chunk is full. */
export function chunkOf<Row extends { id: number; text: string }>(
  rows: Iterable<Row>,
  range: Range,
  jsonOf: (row: Row) => string,
): Chunk {
  const texts: string[] = [];
  let chars = 0;
  let after = range.after;
  for (const row of rows) {
    texts.push(jsonOf(row));
    after = row.id;
    chars += row.text.length;
    if (chars > limits.chunkMaxChars) break;
  }
  return { rows: texts, rest: restOf(range, texts.length, after) };
}

/** What is left of a range when `rows` of it were taken, up to the id `after`; null: nothing. */
function restOf({ until, rows: most }: Range, rows: number, after: number): Range | null {
  return rows === 0 || rows === most || after >= until ? null : { after, until, rows: most - rows };
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
  yield `${opening}[${start.rows.join(",")}`;
  for (let { rest } = start; rest; ) {
    const chunk = await next(rest);
    rest = chunk.rest;
    const rows = chunk.rows.length > 0 ? `,${chunk.rows.join(",")}` : "";
    yield rest ? rows : `${rows}]${closing}`;
  }
}
