/** Is told how a stream is read. */
export interface StreamObserver {
  /** The reader asks for the next part: it has taken the one before. */
  onPull(): void;
  /** So many bytes are on their way to it. */
  onBytes(bytes: number): void;
  /** The reader has everything, or reads no more. */
  onEnd(): void;
}

interface Source {
  observer: StreamObserver | null;
  breakOff(reason: Error): void;
}

const sources = new WeakMap<ReadableStream, Source>();

/**
 * A stream of texts, and of byte streams between them. Each part is made when the reader has taken the one before, so that a
 * slow reader costs no memory. A reader that cancels ends the generator.
 */
export function byteStream(parts: AsyncGenerator<string | ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let inner: ReadableStreamDefaultReader<Uint8Array> | null = null;
  const source: Source = { observer: null, breakOff: () => {} };
  const stop = async (reason: unknown) => {
    source.observer?.onEnd();
    await inner?.cancel(reason);
    await parts.return(undefined);
  };
  const enqueue = (controller: ReadableByteStreamController, part: Uint8Array) => {
    source.observer?.onBytes(part.byteLength);
    controller.enqueue(part);
  };
  // Workers RPC passes on byte streams only.
  const stream = new ReadableStream({
    type: "bytes",
    start(controller) {
      source.breakOff = (reason) => {
        controller.error(reason);
        // A part that is being made may fail. Its reader was told already.
        stop(reason).catch(() => {});
      };
    },
    async pull(controller) {
      source.observer?.onPull();
      for (;;) {
        if (inner) {
          const { done, value } = await inner.read();
          if (!done) return enqueue(controller, value);
          inner = null;
        }
        const { done, value } = await parts.next();
        if (done) {
          source.observer?.onEnd();
          return controller.close();
        }
        if (typeof value === "string") return enqueue(controller, encoder.encode(value));
        inner = value.getReader();
      }
    },
    cancel: stop,
  });
  sources.set(stream, source);
  return stream;
}

/**
 * Reports how a stream is read. @returns the stream to read instead, which differs if `byteStream` has not made the given one, and a
 * function that breaks it off
 */
export function observe(
  body: ReadableStream<Uint8Array>,
  observer: StreamObserver,
): { stream: ReadableStream<Uint8Array>; breakOff(reason: Error): void } {
  const source = sources.get(body);
  if (!source) return observe(byteStream(passOn(body)), observer);
  source.observer = observer;
  return { stream: body, breakOff: (reason) => source.breakOff(reason) };
}

async function* passOn(body: ReadableStream<Uint8Array>): AsyncGenerator<ReadableStream<Uint8Array>> {
  yield body;
}
