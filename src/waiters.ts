/**
 * Who waits for news of what. Nothing here survives an eviction, and nothing needs to: whoever waits holds a request
 * open, and an object with an open request is not evicted.
 */
export class Waiters<Key> {
  readonly #waiting = new Map<Key, Set<() => void>>();

  /** Resolves when `wake` is called for the key, or after `ms` milliseconds. */
  wait(key: Key, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const those = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, those);
      const done = () => {
        clearTimeout(timer);
        those.delete(done);
        if (those.size === 0) this.#waiting.delete(key);
        resolve();
      };
      const timer = setTimeout(done, ms);
      those.add(done);
    });
  }

  wake(key: Key): void {
    for (const done of [...(this.#waiting.get(key) ?? [])]) done();
  }
}
