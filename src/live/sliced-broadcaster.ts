import { limits } from "../limits.ts";
import type { Timer } from "../storage/clock.ts";
import type { FlowControl } from "./flow-control.ts";
import type { Frame } from "./frame.ts";
import type { LiveSocket } from "./live-socket.ts";

/**
 * Sends one frame to many sockets in slices, so that other requests run in between. Every socket gets its frames in order. When
 * the queue is full the oldest frame is dropped for the sockets that have not had it; clients notice the gap in the ids.
 */
export class SlicedBroadcaster {
  readonly #flow: Pick<FlowControl, "send">;
  readonly #timer: Timer;
  readonly #queue: { frame: Frame; sockets: Iterator<LiveSocket> }[] = [];
  /** Characters of all queued frames. */
  #queuedChars = 0;

  constructor(flow: Pick<FlowControl, "send">, timer: Timer) {
    this.#flow = flow;
    this.#timer = timer;
  }

  /** @param sockets read when their turn comes, so that no list of them is kept for each frame */
  broadcast(frame: Frame, sockets: Iterable<LiveSocket>): void {
    const isIdle = this.#queue.length === 0;
    this.#queue.push({ frame, sockets: sockets[Symbol.iterator]() });
    this.#queuedChars += frame.text.length;
    while (this.#queuedChars > limits.broadcastQueueMaxChars && this.#queue.length > 1) this.#dropOldest();
    if (isIdle) this.#timer(() => this.#sendSlice(), 0);
  }

  #sendSlice(): void {
    for (let left = limits.broadcastSocketsPerTurn; left > 0; left--) {
      const [current] = this.#queue;
      if (!current) return;
      const { done, value: socket } = current.sockets.next();
      if (done) this.#dropOldest();
      else this.#flow.send(socket, current.frame);
    }
    if (this.#queue.length > 0) this.#timer(() => this.#sendSlice(), 0);
  }

  #dropOldest(): void {
    this.#queuedChars -= this.#queue.shift()?.frame.text.length ?? 0;
  }
}
