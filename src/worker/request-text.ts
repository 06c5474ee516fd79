import { limits } from "../limits.ts";
import type { ErrorCode } from "../protocol/error-texts.ts";
import { stripLineEnd } from "../protocol/grammar.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { readRequestBytes } from "../storage/request-body.ts";

/**
 * Reads a request body as one line of text, and removes one trailing line end. A body that is too large is never held in
 * memory: its Content-Length rejects it, or else the first byte beyond the limit does.
 */
export async function readLine(request: Request): Promise<string | Failure> {
  const text = await readText(request, limits.bodyMaxBytes, "body-too-large");
  return typeof text === "string" ? stripLineEnd(text) : text;
}

/** The line of text of a body that a host has read, without one trailing line end. */
export function lineOf(bytes: Uint8Array): string | Failure {
  const text = textOf(bytes);
  return typeof text === "string" ? stripLineEnd(text) : text;
}

/** Reads a request body as text. @param tooLarge the error for a body of more than `maxBytes` */
export async function readText(request: Request, maxBytes: number, tooLarge: ErrorCode): Promise<string | Failure> {
  const bytes = await readRequestBytes(request, maxBytes);
  return bytes ? textOf(bytes) : failure(tooLarge, { bytes: maxBytes });
}

function textOf(bytes: Uint8Array): string | Failure {
  try {
    return decoder.decode(bytes);
  } catch {
    return failure("not-utf8");
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
