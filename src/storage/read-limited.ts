export type ByteReader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Reads a body, and stops at the first byte beyond `maxBytes`: a body that is too large is never held whole.
 *
 * @param signal ends the reading with its reason
 * @param abandon what to do with the rest of a body that is too large
 * @returns null where the body has more than `maxBytes`
 */
export async function readLimited(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  signal?: AbortSignal,
  abandon: (reader: ByteReader) => Promise<void> = (reader) => reader.cancel(),
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
    if (size > maxBytes) {
      await abandon(reader);
      return null;
    }
    parts.push(value);
  }
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}
