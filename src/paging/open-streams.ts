import { limits } from "../limits.ts";
import { observe } from "../storage/byte-stream.ts";

/** A reply that a client has not read to its end. */
interface OpenStream {
  owner: string;
  breakOff(reason: Error): void;
}

/**
 * The long replies that are being read over HTTP. A client that stalls holds a chunk in memory for as long as it likes, so their
 * number is bounded: one more breaks off the one that has been without progress longest.
 */
export class OpenStreams {
  /** By the time of their last progress. */
  readonly #streams = new Set<OpenStream>();
  readonly #byOwner = new Map<string, Set<OpenStream>>();

  /** @param owner whose stream it is @param onBytes told what leaves @returns the stream to read */
  track(owner: string, body: ReadableStream<Uint8Array>, onBytes: (bytes: number) => void): ReadableStream<Uint8Array> {
    const observer = { onPull: () => this.#noteProgress(open), onBytes, onEnd: () => this.#remove(open) };
    const { stream, breakOff } = observe(body, observer);
    const open: OpenStream = { owner, breakOff };
    this.#add(open);
    return stream;
  }

  #add(open: OpenStream): void {
    const ofOwner = this.#byOwner.get(open.owner) ?? new Set();
    this.#makeRoom(ofOwner, limits.streamsPerAccount);
    this.#makeRoom(this.#streams, limits.streamsPerShard);
    this.#streams.add(open);
    this.#byOwner.set(open.owner, ofOwner.add(open));
  }

  #makeRoom(streams: ReadonlySet<OpenStream>, most: number): void {
    const [stalled] = streams;
    if (stalled && streams.size >= most) stalled.breakOff(new Error("a reply that is read too slowly was broken off"));
  }

  #noteProgress(open: OpenStream): void {
    for (const streams of [this.#streams, this.#byOwner.get(open.owner)]) {
      if (streams?.delete(open)) streams.add(open);
    }
  }

  #remove(open: OpenStream): void {
    this.#streams.delete(open);
    const ofOwner = this.#byOwner.get(open.owner);
    ofOwner?.delete(open);
    if (ofOwner?.size === 0) this.#byOwner.delete(open.owner);
  }
}
