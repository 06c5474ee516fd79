/**
 * Works one after another with a pause between. A hash stops the thread it runs on, and a local workerd has one thread
 * for everything: without the pause, a row of hashes would hold up every request until the last was done.
 */
export class Queue {
  readonly #most: number;
  readonly #pauseMs: number;
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(most: number, pauseMs: number) {
    this.#most = most;
    this.#pauseMs = pauseMs;
  }

  /** @returns null where as many wait already as may wait */
  add<T>(work: () => Promise<T>): Promise<T> | null {
    if (this.#waiting >= this.#most) return null;
    this.#waiting++;
    const result = this.#tail.then(() => {
      this.#waiting--;
      return work();
    });
    const pause = () => new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    this.#tail = result.then(pause, pause);
    return result;
  }
}
