import { limits } from "../limits.ts";
import type { Timer } from "../storage/clock.ts";
import { tell } from "./socket-registry.ts";

/**
 * Tells many sockets the same, so many in each turn: whoever has sent a message to a large group has the answer before the
 * last member has the message, and others get their turn between. Every socket hears things in the order in which they
 * were given. Where more waits than may, the oldest is dropped for those who have not heard it: a gap in the numbers of
 * what they hear next tells them to read.
 */
export class Crier {
  readonly #timer: Timer;
  readonly #waiting: { frame: string; sockets: Iterator<WebSocket> }[] = [];
  /** Of all frames that wait. */
  #chars = 0;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** @param sockets gone through when their turn comes: no list of them is kept for each frame */
  cry(frame: string, sockets: Iterable<WebSocket>): void {
    const isIdle = this.#waiting.length === 0;
    this.#waiting.push({ frame, sockets: sockets[Symbol.iterator]() });
    this.#chars += frame.length;
    while (this.#chars > limits.broadcastQueueMaxChars && this.#waiting.length > 1) this.#dropOldest();
    if (isIdle) this.#timer(() => this.#turn(), 0);
  }

  #turn(): void {
    for (let left = limits.broadcastSocketsPerTurn; left > 0; left--) {
      const [word] = this.#waiting;
      if (!word) return;
      const { done, value: socket } = word.sockets.next();
      if (done) this.#dropOldest();
      else tell(socket, word.frame);
    }
    if (this.#waiting.length > 0) this.#timer(() => this.#turn(), 0);
  }

  #dropOldest(): void {
    this.#chars -= this.#waiting.shift()?.frame.length ?? 0;
  }
}
