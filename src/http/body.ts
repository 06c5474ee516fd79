import { limits } from "../limits.ts";
import { type Failure, failure } from "../protocol/replies.ts";

/**
 * Reads a request body as one line of text, its one trailing line end dropped.
 * A body that is too large is refused by its Content-Length, or after reading one byte too many: never read whole.
 */
export async function readLine(request: Request): Promise<string | Failure> {
  const bytes = await readBytes(request, limits.bodyMaxBytes);
  if (!bytes) return failure("body-too-large");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return failure("not-utf8");
  }
  return text.replace(/\r?\n$/, "");
}

/** Reads a body. @returns null where there are more than `most` bytes */
export async function readBytes(request: Request, most: number): Promise<Uint8Array | null> {
  if (!request.body) return new Uint8Array(0);
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > most) return null;
    return new Uint8Array(await request.arrayBuffer());
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > most) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
