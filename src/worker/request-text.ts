import { type BodyOptions, readRequestBody } from "../bodies/request-body.ts";
import { limits } from "../limits.ts";
import { lineOf } from "../protocol/grammar.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { isEncoded } from "./headers/content-encoding.ts";

/**
 * Reads a request body as one line of text. A body that is too large is never held in memory: its Content-Length rejects it, or
 * else the first byte beyond the limit does.
 */
export async function readLine(request: Request, client: string | null): Promise<string | Failure> {
  const text = await readText(request, { maxBytes: limits.bodyMaxBytes, tooLarge: "body-too-large", client });
  return typeof text === "string" ? lineOf(text) : text;
}

/** The line of text of a body that a host has read. */
export function lineOfBytes(bytes: Uint8Array): string | Failure {
  const text = textOf(bytes);
  return typeof text === "string" ? lineOf(text) : text;
}

/** Reads a request body as text. */
export async function readText(request: Request, options: BodyOptions): Promise<string | Failure> {
  const body = await readRequestBody(request, options);
  if ("error" in body) return body;
  const text = isEncoded(request.headers.get("content-encoding")) ? failure("encoded-body") : textOf(body.bytes);
  body.release();
  return text;
}

function textOf(bytes: Uint8Array): string | Failure {
  if (isUtf16(bytes)) return failure("utf-16");
  try {
    return decoder.decode(bytes);
  } catch {
    return failure("not-utf8");
  }
}

/** Whether a body begins with the byte order mark of UTF-16 or, as no command does, with an ASCII character in two bytes. */
function isUtf16(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = [bytes[0], bytes[1]];
  const isMark = (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe);
  return isMark || (bytes.length > 1 && (first === 0) !== (second === 0));
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
