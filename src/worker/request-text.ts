import { limits } from "../limits.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { stripLineEnd } from "../protocol/grammar.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { readBytes } from "../storage/byte-streams.ts";

/**
 * Reads a request body as one line of text, its one trailing line end dropped.
 * A body that is too large is refused by its Content-Length, or after one byte too many: it is never held whole.
 */
export async function readLine(request: Request): Promise<string | Failure> {
  const text = await readText(request, limits.bodyMaxBytes, "body-too-large");
  return typeof text === "string" ? stripLineEnd(text) : text;
}

/** Reads a request body as text. @param tooLarge what a body of more than `mostBytes` is answered */
export async function readText(request: Request, mostBytes: number, tooLarge: ErrorCode): Promise<string | Failure> {
  const bytes = await readBytes(request, mostBytes);
  if (!bytes) return failure(tooLarge, { bytes: mostBytes });
  try {
    return decoder.decode(bytes);
  } catch {
    return failure("not-utf8");
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
