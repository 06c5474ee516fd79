import { limits } from "../limits.ts";
import type { Clock, Timer } from "../storage/clock.ts";
import { HashLanes } from "./hash-lanes.ts";
import { type Derivation, type DerivedKey, deriveKey, type PasswordHashing } from "./scrypt.ts";

export interface QueuedHashingOptions {
  /** Derivations at the same time. */
  concurrency: number;
  /** After a derivation, where it blocks the thread of other requests. */
  pauseMs: number;
  /** Any clock that never goes back. */
  clock: Clock;
  timer: Timer;
}

/** Derives keys a few at a time. */
export class QueuedHashing implements PasswordHashing {
  readonly #options: QueuedHashingOptions;
  readonly #lanes: HashLanes;
  #running = 0;

  constructor(options: QueuedHashingOptions) {
    this.#options = options;
    this.#lanes = new HashLanes(options.clock);
  }

  derive(derivation: Derivation): Promise<DerivedKey> {
    return new Promise((resolve, reject) => {
      const refuse = () => resolve({ ok: false, retryAfterSeconds: limits.hashRetrySeconds });
      const start = () => {
        deriveKey(derivation)
          .then((key) => resolve({ ok: true, key }), reject)
          .finally(() => this.#pause());
      };
      if (!this.#lanes.add(derivation.purpose, derivation.name, { start, refuse })) refuse();
      else this.#fill();
    });
  }

  #fill(): void {
    while (this.#running < this.#options.concurrency && this.#lanes.startNext()) this.#running++;
  }

  #pause(): void {
    const { pauseMs, timer } = this.#options;
    const end = () => {
      this.#running--;
      this.#fill();
    };
    if (pauseMs > 0) timer(end, pauseMs);
    else end();
  }
}
