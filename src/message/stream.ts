import { byteStream } from "../bytes.ts";
import { limits } from "../limits.ts";
import { type Answer, closing, opening } from "../protocol/replies.ts";
import type { Range } from "./pages.ts";

/** JSON texts of rows, each of one or of several with commas between, and the range that is left after them: null at its end. */
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

/** Several rows as one JSON text, with commas between. */
export interface Part {
  json: string | null;
  rows: number;
  /** The id of the last one. */
  last: number;
}

/** A chunk of parts that follow each other from the start of a range. */
export function chunkOfParts(parts: Part[], range: Range): Chunk {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const rest = restOf(range, rows, parts.at(-1)?.last ?? range.after);
  return { rows: parts.map(({ json }) => json ?? ""), rest };
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
    yield chunk.rows.map((part) => `,${part}`).join("") + (rest ? "" : `]${closing}`);
  }
}
