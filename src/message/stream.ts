import { byteStream } from "../bytes.ts";
import { limits } from "../limits.ts";
import { type Answer, closing, opening } from "../protocol/replies.ts";
import type { Range } from "./pages.ts";

/** The JSON texts of rows, and the range that is left after them: null at its end. */
export interface Chunk {
  rows: string[];
  rest: Range | null;
}

/** A chunk that is being filled with rows, from the start of a range and in the order of their ids. */
export class Filling {
  readonly #range: Range;
  readonly #rows: string[] = [];
  #chars = 0;
  #after: number;

  constructor(range: Range) {
    this.#range = range;
    this.#after = range.after;
  }

  /** @param chars of the row's text, which is what may be long @returns whether the chunk is full */
  add(id: number, chars: number, json: string): boolean {
    this.#rows.push(json);
    this.#after = id;
    this.#chars += chars;
    return this.#chars > limits.chunkMaxChars;
  }

  chunk(): Chunk {
    const { until, rows: most } = this.#range;
    const taken = this.#rows.length;
    const isLast = taken === 0 || taken === most || this.#after >= until;
    return { rows: this.#rows, rest: isLast ? null : { after: this.#after, until, rows: most - taken } };
  }
}

/** Takes a chunk from rows in the order of their ids; the cursor is left where the chunk is full. */
export function chunkOf<Row extends { id: number; text: string }>(
  rows: Iterable<Row>,
  range: Range,
  jsonOf: (row: Row) => string,
): Chunk {
  const filling = new Filling(range);
  for (const row of rows) if (filling.add(row.id, row.text.length, jsonOf(row))) break;
  return filling.chunk();
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
