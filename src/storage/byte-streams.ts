import { limits } from "../limits.ts";

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Reads a body, and stops at the first byte beyond `most`: what is too large is never read whole.
 *
 * @param signal ends the reading with its reason
 * @param leave what is done with the rest of what is too large
 * @returns null where there is more than `most`
 */
export async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  most: number,
  signal?: AbortSignal,
  leave: (reader: Reader) => Promise<void> = (reader) => reader.cancel(),
): Promise<Uint8Array | null> {
  if (!body) return new Uint8Array(0);
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    signal?.throwIfAborted();
    if (done) return joined(parts, size);
    size += value.byteLength;
    if (size > most) {
      await leave(reader);
      return null;
    }
    parts.push(value);
  }
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** Reads the body of a request, or refuses it by its Content-Length. @returns null where there is more than `most` */
export async function readBytes(request: Request, most: number): Promise<Uint8Array | null> {
  const declared = declaredBytes(request);
  if (declared === null) return readAtMost(request.body, most, undefined, discard);
  if (declared <= most) return new Uint8Array(await request.arrayBuffer());
  await discardBody(request);
  return null;
}

/**
 * Lets a refused request finish, for a while: whoever still writes when its connection is closed, as a proxy does, may never
 * read why. What is declared to be very long is not waited for.
 */
export async function discardBody(request: Request): Promise<void> {
  if (!request.body || request.bodyUsed || (declaredBytes(request) ?? 0) > limits.discardMaxBytes) return;
  await discard(request.body.getReader());
}

async function discard(reader: Reader): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limits.discardMaxMs);
  });
  // Whoever breaks off meanwhile needs no answer.
  await Promise.race([gone(reader), late]).catch(() => {});
  clearTimeout(timer);
  await reader.cancel().catch(() => {});
}

async function gone(reader: Reader): Promise<void> {
  for (let size = 0; size <= limits.discardMaxBytes; ) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
}

/** What a request says of the length of its body, or null: it says nothing. */
function declaredBytes(request: Request): number | null {
  const declared = request.headers.get("content-length");
  return declared === null ? null : Number(declared);
}

/**
 * A stream of texts, and of streams of bytes between them. Each is made when the reader has taken the one before; a reader who
 * leaves ends the making.
 */
export function byteStream(parts: AsyncGenerator<string | ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let inner: ReadableStreamDefaultReader<Uint8Array> | null = null;
  const source: UnderlyingByteSource = {
    type: "bytes",
    async pull(controller) {
      for (;;) {
        if (inner) {
          const { done, value } = await inner.read();
          if (!done) return controller.enqueue(value);
          inner = null;
        }
        const { done, value } = await parts.next();
        if (done) return controller.close();
        if (typeof value === "string") return controller.enqueue(encoder.encode(value));
        inner = value.getReader();
      }
    },
    async cancel(reason) {
      await inner?.cancel(reason);
      await parts.return(undefined);
    },
  };
  // Between objects only byte streams travel; the type file knows no overload for them.
  return new ReadableStream(source as unknown as UnderlyingSource<Uint8Array>);
}
