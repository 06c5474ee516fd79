/**
 * A stream of texts, and of byte streams between them. Each part is made when the reader has taken the one before, so that a
 * slow reader costs no memory. A reader that cancels ends the generator.
 */
export function byteStream(parts: AsyncGenerator<string | ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let inner: ReadableStreamDefaultReader<Uint8Array> | null = null;
  // Workers RPC passes on byte streams only.
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
  return new ReadableStream(source);
}
