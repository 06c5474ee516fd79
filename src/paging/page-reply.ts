import { limits } from "../limits.ts";
import { type Answer, replyClosing, replyOpening } from "../protocol/replies.ts";
import { byteStream } from "../storage/byte-stream.ts";
import type { Chunk } from "./chunk.ts";
import type { PageRange } from "./page-range.ts";

/**
 * Answers a page from its first chunk: as data where it is the only chunk and short, else as a stream. A chunk is read when the
 * client has taken the one before.
 */
export function pageReply(start: Chunk, next: (rest: PageRange) => Chunk | Promise<Chunk>): Answer {
  if (!start.rest && charsOf(start) <= limits.pageInOnePieceMaxChars) {
    return { kind: "data", json: `[${start.rows.join(",")}]` };
  }
  return { kind: "stream", body: byteStream(pageTexts(start, next)) };
}

async function* pageTexts(start: Chunk, next: (rest: PageRange) => Chunk | Promise<Chunk>): AsyncGenerator<string> {
  yield `${replyOpening}[${start.rows.join(",")}${start.rest ? "" : `]${replyClosing}`}`;
  for (let { rest } = start; rest; ) {
    const chunk = await next(rest);
    rest = chunk.rest;
    const rows = chunk.rows.length > 0 ? `,${chunk.rows.join(",")}` : "";
    yield rest ? rows : `${rows}]${replyClosing}`;
  }
}

function charsOf({ rows }: Chunk): number {
  return rows.reduce((sum, json) => sum + json.length, 0);
}
