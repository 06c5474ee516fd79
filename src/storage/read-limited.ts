export type ByteReader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Reads a body, and stops at the first byte beyond `maxBytes`: a body that is too large is never held whole. The caller cancels
 * the rest.
 *
 * @param onPart gets the number of bytes of each part before it is kept, and 0 at the end; false stops the reading
 * @returns null where the body has more than `maxBytes`, or `onPart` has stopped it
 */
export async function readLimited(
  reader: ByteReader,
  maxBytes: number,
  onPart: (bytes: number) => boolean,
): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    const bytes = value?.byteLength ?? 0;
    size += bytes;
    if (size > maxBytes || !onPart(bytes)) return null;
    if (done) return joined(parts, size);
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
