import type { Timer } from "./clock.ts";

/**
 * Callers that wait for an event of a key. It is memory only: a waiting caller holds a request open, and a shard with an open
 * request is not evicted.
 */
export class Waiters<Key> {
  readonly #waiting = new Map<Key, Set<() => void>>();
  readonly #timer: Timer;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** Resolves when `wake` is called for one of the keys. */
  untilWoken(keys: readonly Key[]): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const key of keys) this.#remove(key, done);
        resolve();
      };
      for (const key of keys) this.#add(key, done);
    });
  }

  /** Resolves when `wake` is called for one of the keys, or after `ms` milliseconds. */
  wait(keys: readonly Key[], ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        for (const key of keys) this.#remove(key, done);
        resolve();
      };
      const cancel = this.#timer(done, ms);
      for (const key of keys) this.#add(key, done);
    });
  }

  wake(key: Key): void {
    for (const done of [...(this.#waiting.get(key) ?? [])]) done();
  }

  has(key: Key): boolean {
    return this.#waiting.has(key);
  }

  #add(key: Key, done: () => void): void {
    this.#waiting.set(key, (this.#waiting.get(key) ?? new Set()).add(done));
  }

  #remove(key: Key, done: () => void): void {
    const waiting = this.#waiting.get(key);
    waiting?.delete(done);
    if (waiting?.size === 0) this.#waiting.delete(key);
  }
}
