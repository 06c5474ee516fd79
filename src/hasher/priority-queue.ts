import { type HashPriority, hashPriorities } from "./scrypt.ts";

/**
 * Runs one job after another, the most urgent first, with a pause between. A hash blocks its thread, and a local workerd has one
 * thread for everything: without the pause, a row of hashes would hold up all other requests.
 */
export class PriorityQueue {
  readonly #maxWaiting: number;
  readonly #pauseMs: number;
  readonly #waiting: Record<HashPriority, (() => Promise<unknown>)[]> = { login: [], change: [], registration: [] };
  #isRunning = false;

  /** @param maxWaiting jobs that may wait in each priority */
  constructor(maxWaiting: number, pauseMs: number) {
    this.#maxWaiting = maxWaiting;
    this.#pauseMs = pauseMs;
  }

  /** @returns null where too many jobs of this priority wait already */
  add<T>(priority: HashPriority, job: () => Promise<T>): Promise<T> | null {
    const waiting = this.#waiting[priority];
    if (waiting.length >= this.#maxWaiting) return null;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    waiting.push(() => job().then(resolve, reject));
    void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (;;) {
      const priority = hashPriorities.find((each) => this.#waiting[each].length > 0);
      const next = priority && this.#waiting[priority].shift();
      if (!next) break;
      await next();
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
    this.#isRunning = false;
  }
}
