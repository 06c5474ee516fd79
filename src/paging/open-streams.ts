import { limits } from "../limits.ts";

/** A reply that a client has not read to its end. Each call of `cut` breaks it off. */
interface OpenStream {
  owner: string;
  cut(): void;
}

/**
 * The long replies that are being read over HTTP. A client that stalls holds a chunk in memory for as long as it likes, so their
 * number is bounded: one more breaks off the one that has been without progress longest.
 */
export class OpenStreams {
  /** By the time of their last progress. */
  readonly #streams = new Set<OpenStream>();
  readonly #byOwner = new Map<string, Set<OpenStream>>();

  /** @param owner who is charged @returns the same bytes */
  track(owner: string, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    let stream: OpenStream | null = null;
    // Workers RPC passes on byte streams only.
    const source: UnderlyingByteSource = {
      type: "bytes",
      start: (controller) => {
        stream = { owner, cut: () => cut(controller) };
        this.#add(stream);
      },
      pull: async (controller) => {
        if (stream) this.#noteProgress(stream);
        const { done, value } = await reader.read();
        // It was cut off meanwhile.
        if (!stream) return;
        if (!done) return controller.enqueue(value);
        end();
        controller.close();
      },
      cancel: (reason) => {
        end();
        return reader.cancel(reason);
      },
    };
    const end = () => {
      if (stream) this.#remove(stream);
      stream = null;
    };
    const cut = (controller: ReadableByteStreamController) => {
      end();
      const error = new Error("a reply that is read too slowly was broken off");
      controller.error(error);
      reader.cancel(error).catch(() => {});
    };
    return new ReadableStream(source);
  }

  #add(stream: OpenStream): void {
    const ofOwner = this.#byOwner.get(stream.owner) ?? new Set();
    const [stalledOfOwner] = ofOwner;
    if (stalledOfOwner && ofOwner.size >= limits.streamsPerAccount) stalledOfOwner.cut();
    const [stalled] = this.#streams;
    if (stalled && this.#streams.size >= limits.streamsPerShard) stalled.cut();
    this.#streams.add(stream);
    this.#byOwner.set(stream.owner, ofOwner.add(stream));
  }

  #noteProgress(stream: OpenStream): void {
    const ofOwner = this.#byOwner.get(stream.owner);
    for (const streams of [this.#streams, ofOwner]) if (streams?.delete(stream)) streams.add(stream);
  }

  #remove(stream: OpenStream): void {
    this.#streams.delete(stream);
    const ofOwner = this.#byOwner.get(stream.owner);
    ofOwner?.delete(stream);
    if (ofOwner?.size === 0) this.#byOwner.delete(stream.owner);
  }
}
