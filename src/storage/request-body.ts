import { limits } from "../limits.ts";
import { type ByteReader, readLimited } from "./read-limited.ts";

/** Reads the body of a request, or refuses it by its Content-Length. @returns null where it has more than `maxBytes` */
export async function readRequestBytes(request: Request, maxBytes: number): Promise<Uint8Array | null> {
  const declared = declaredBytes(request);
  if (declared === null) return readLimited(request.body, maxBytes, undefined, discard);
  if (declared <= maxBytes) return new Uint8Array(await request.arrayBuffer());
  await discardBody(request);
  return null;
}

/**
 * Reads and drops the body of a refused request, for a limited time. A proxy that is still writing when its connection
 * closes would answer 502 and lose the reason. A body that is declared to be very long is not read.
 */
export async function discardBody(request: Request): Promise<void> {
  if (!request.body || request.bodyUsed || (declaredBytes(request) ?? 0) > limits.discardMaxBytes) return;
  await discard(request.body.getReader());
}

async function discard(reader: ByteReader): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limits.discardMaxMs);
  });
  // A client that breaks off meanwhile needs no answer.
  await Promise.race([readAway(reader), deadline]).catch(() => {});
  clearTimeout(timer);
  await reader.cancel().catch(() => {});
}

async function readAway(reader: ByteReader): Promise<void> {
  for (let size = 0; size <= limits.discardMaxBytes; ) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
}

/** The Content-Length of a request; null where it has none. */
function declaredBytes(request: Request): number | null {
  const declared = request.headers.get("content-length");
  return declared === null ? null : Number(declared);
}
