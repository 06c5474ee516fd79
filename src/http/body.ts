import { readBytes } from "../bytes.ts";
import { limits } from "../limits.ts";
import { withoutLineEnd } from "../protocol/grammar.ts";
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
  return withoutLineEnd(text);
}
