/**
 * One job at a time for each key. Guesses at one password are so counted one by one: a hundred that arrive together do not all
 * pass before the first is found wrong.
 */
export class KeyedMutex {
  readonly #maxQueued: number;
  readonly #queues = new Map<string, { length: number; tail: Promise<unknown> }>();

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued;
  }

  /** Whether no job of this key runs or waits. */
  isIdle(key: string): boolean {
    return !this.#queues.has(key);
  }

  /** @returns null where too many jobs of this key wait already */
  async run<T>(key: string, job: () => Promise<T>): Promise<T | null> {
    const queue = this.#queues.get(key) ?? { length: 0, tail: Promise.resolve() };
    if (queue.length >= this.#maxQueued) return null;
    this.#queues.set(key, queue);
    queue.length++;
    const result = queue.tail.then(job);
    queue.tail = result.catch(() => {});
    try {
      return await result;
    } finally {
      if (--queue.length === 0) this.#queues.delete(key);
    }
  }
}
