import type { Timer } from "./clock.ts";

/**
 * Who waits for news of what. Nothing here survives an eviction, and nothing needs to: whoever waits holds a request
 * open, and an object with an open request is not evicted.
 */
export class Waiters<Key> {
  readonly #waiting = new Map<Key, Set<() => void>>();
  readonly #timer: Timer;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** Resolves when `wake` is called for one of the keys, or after `ms` milliseconds. */
  wait(keys: readonly Key[], ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        for (const key of keys) this.#leave(key, done);
        resolve();
      };
      const cancel = this.#timer(done, ms);
      for (const key of keys) {
        const those = this.#waiting.get(key) ?? new Set();
        this.#waiting.set(key, those.add(done));
      }
    });
  }

  wake(key: Key): void {
    for (const done of [...(this.#waiting.get(key) ?? [])]) done();
  }

  has(key: Key): boolean {
    return this.#waiting.has(key);
  }

  #leave(key: Key, done: () => void): void {
    const those = this.#waiting.get(key);
    those?.delete(done);
    if (those?.size === 0) this.#waiting.delete(key);
  }
}
