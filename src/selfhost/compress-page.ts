import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { limits } from "../limits.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import { preferredCoding } from "../worker/headers/accept-encoding.ts";

const compressors = { br: promisify(brotliCompress), gzip: promisify(gzip) };
type Encoding = keyof typeof compressors;
/** Brotli makes the smaller files. */
const encodings: readonly Encoding[] = ["br", "gzip"];

/** Compressed bodies by encoding and path. The page's files do not change while the server runs. */
const compressed = new BoundedCache<string, Uint8Array<ArrayBuffer>>(limits.compressedFilesMax);

/** Compresses the chat page and its files, once each. Replies to commands stay as they are: most of them fit into one packet. */
export async function compressPage(request: Request, response: Response): Promise<Response> {
  const encoding = preferredCoding(request.headers.get("accept-encoding"), encodings);
  if (request.method !== "GET" || response.status !== 200 || !encoding || !isFile(response)) return response;
  const key = `${encoding} ${new URL(request.url).pathname}`;
  let body = compressed.get(key);
  if (!body) {
    body = new Uint8Array(await compressors[encoding](await response.arrayBuffer()));
    compressed.set(key, body);
  }
  const headers = new Headers(response.headers);
  headers.set("Content-Encoding", encoding);
  headers.append("Vary", "Accept-Encoding");
  return new Response(body, { headers });
}

/** The document of the page has an entity tag, and its files never change. Nothing else has either. */
function isFile({ headers }: Response): boolean {
  return headers.has("etag") || headers.get("cache-control")?.includes("immutable") === true;
}
