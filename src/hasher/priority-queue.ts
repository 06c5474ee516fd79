import { type Lane, lanes } from "./scrypt.ts";

/**
 * Works one after another with a pause between. A hash stops the thread it runs on, and a local workerd has one thread
 * for everything: without the pause, a row of hashes would hold up every request until the last was done.
 */
export class Queue {
  readonly #most: number;
  readonly #pauseMs: number;
  readonly #lanes: Record<Lane, (() => Promise<unknown>)[]> = { login: [], change: [], registration: [] };
  #isRunning = false;

  /** @param most works that may wait in each lane */
  constructor(most: number, pauseMs: number) {
    this.#most = most;
    this.#pauseMs = pauseMs;
  }

  /** @returns null where as many wait already as may wait */
  add<T>(lane: Lane, work: () => Promise<T>): Promise<T> | null {
    const waiting = this.#lanes[lane];
    if (waiting.length >= this.#most) return null;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    waiting.push(() => work().then(resolve, reject));
    void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (;;) {
      const lane = lanes.find((each) => this.#lanes[each].length > 0);
      const next = lane && this.#lanes[lane].shift();
      if (!next) break;
      await next();
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
    this.#isRunning = false;
  }
}
