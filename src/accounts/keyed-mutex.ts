import type { Clock } from "../storage/clock.ts";

export interface KeyedMutexOptions {
  /** Jobs of one key that may wait or run. */
  maxQueued: number;
  /** A job whose turn comes later than this is not run. */
  maxWaitMs: number;
  /** Any clock that never goes back. */
  clock: Clock;
}

/**
 * One job at a time for each key. Guesses at one password are so counted one by one: a hundred that arrive together do not all
 * pass before the first is found wrong.
 */
export class KeyedMutex {
  readonly #options: KeyedMutexOptions;
  readonly #queues = new Map<string, { length: number; tail: Promise<unknown> }>();

  constructor(options: KeyedMutexOptions) {
    this.#options = options;
  }

  /** Whether no job of this key runs or waits. */
  isIdle(key: string): boolean {
    return !this.#queues.has(key);
  }

  /** @returns null where too many jobs of this key wait already, or the job has waited for too long */
  async run<T>(key: string, job: () => Promise<T>): Promise<T | null> {
    const { maxQueued, maxWaitMs, clock } = this.#options;
    const queue = this.#queues.get(key) ?? { length: 0, tail: Promise.resolve() };
    if (queue.length >= maxQueued) return null;
    this.#queues.set(key, queue);
    queue.length++;
    const deadline = clock() + maxWaitMs;
    const result = queue.tail.then(() => (clock() > deadline ? null : job()));
    queue.tail = result.catch(() => {});
    try {
      return await result;
    } finally {
      if (--queue.length === 0) this.#queues.delete(key);
    }
  }
}
