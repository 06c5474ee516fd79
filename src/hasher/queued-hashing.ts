import { limits } from "../limits.ts";
import { PriorityQueue } from "./priority-queue.ts";
import { type DerivedKey, deriveKey, type HashPriority, type PasswordHashing, type ScryptCost } from "./scrypt.ts";

/** Derives keys a few at a time, the most urgent first. */
export class QueuedHashing implements PasswordHashing {
  readonly #queue: PriorityQueue;
  readonly #concurrency: number;

  /**
   * @param pauseMs between two derivations, where they block the thread of other requests
   * @param concurrency derivations at the same time, where they run in threads of their own
   */
  constructor(pauseMs: number, concurrency: number) {
    this.#concurrency = concurrency;
    this.#queue = new PriorityQueue(limits.hashQueueMax, pauseMs, concurrency);
  }

  async derive(priority: HashPriority, password: string, salt: Uint8Array, cost: ScryptCost): Promise<DerivedKey> {
    const key = this.#queue.add(priority, () => deriveKey(password, salt, cost));
    // A full queue takes about 0.25 s for each job of a thread.
    if (!key) return { ok: false, retryAfterSeconds: Math.ceil(limits.hashQueueMax / 4 / this.#concurrency) };
    return { ok: true, key: await key };
  }
}
