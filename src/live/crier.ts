import { limits } from "../limits.ts";
import type { Timer } from "../sql.ts";
import { tell } from "./sockets.ts";

/**
 * Tells many sockets the same, so many in each turn: whoever has sent a message to a large group has the answer before the
 * last member has the message, and others get their turn between. Every socket hears things in the order in which they
 * were given.
 */
export class Crier {
  readonly #timer: Timer;
  readonly #waiting: { frame: string; sockets: WebSocket[]; told: number }[] = [];

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  cry(frame: string, sockets: WebSocket[]): void {
    this.#waiting.push({ frame, sockets, told: 0 });
    if (this.#waiting.length === 1) this.#timer(() => this.#turn(), 0);
  }

  #turn(): void {
    for (let left = limits.socketsPerTurn; left > 0; left--) {
      const word = this.#waiting[0];
      if (!word) return;
      const socket = word.sockets[word.told++];
      if (socket) tell(socket, word.frame);
      else this.#waiting.shift();
    }
    if (this.#waiting.length > 0) this.#timer(() => this.#turn(), 0);
  }
}
