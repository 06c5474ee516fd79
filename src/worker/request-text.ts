import { type BodyOptions, readRequestBody } from "../bodies/request-body.ts";
import { limits } from "../limits.ts";
import { stripLineEnd } from "../protocol/grammar.ts";
import { type Failure, failure } from "../protocol/replies.ts";

/**
 * Reads a request body as one line of text, and removes one trailing line end. A body that is too large is never held in
 * memory: its Content-Length rejects it, or else the first byte beyond the limit does.
 */
export async function readLine(request: Request, client: string | null): Promise<string | Failure> {
  const text = await readText(request, { maxBytes: limits.bodyMaxBytes, tooLarge: "body-too-large", client });
  return typeof text === "string" ? stripLineEnd(text) : text;
}

/** The line of text of a body that a host has read, without one trailing line end. */
export function lineOf(bytes: Uint8Array): string | Failure {
  const text = textOf(bytes);
  return typeof text === "string" ? stripLineEnd(text) : text;
}

/** Reads a request body as text. */
export async function readText(request: Request, options: BodyOptions): Promise<string | Failure> {
  const body = await readRequestBody(request, options);
  if ("error" in body) return body;
  const text = textOf(body.bytes);
  body.release();
  return text;
}

function textOf(bytes: Uint8Array): string | Failure {
  try {
    return decoder.decode(bytes);
  } catch {
    return failure("not-utf8");
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
