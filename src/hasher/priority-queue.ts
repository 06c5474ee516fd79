import { type HashPriority, hashPriorities } from "./scrypt.ts";

/** Runs jobs, the most urgent first, a few at a time, with a pause after each. */
export class PriorityQueue {
  readonly #maxWaiting: number;
  readonly #pauseMs: number;
  readonly #concurrency: number;
  readonly #waiting: Record<HashPriority, (() => Promise<unknown>)[]> = { login: [], change: [], registration: [] };
  #running = 0;

  /** @param maxWaiting jobs that may wait in each priority */
  constructor(maxWaiting: number, pauseMs: number, concurrency: number) {
    this.#maxWaiting = maxWaiting;
    this.#pauseMs = pauseMs;
    this.#concurrency = concurrency;
  }

  /** @returns null where too many jobs of this priority wait already */
  add<T>(priority: HashPriority, job: () => Promise<T>): Promise<T> | null {
    const waiting = this.#waiting[priority];
    if (waiting.length >= this.#maxWaiting) return null;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    waiting.push(() => job().then(resolve, reject));
    if (this.#running < this.#concurrency) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#running++;
    for (let next = this.#mostUrgent(); next; next = this.#mostUrgent()) {
      await next();
      if (this.#pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
    this.#running--;
  }

  #mostUrgent(): (() => Promise<unknown>) | undefined {
    const priority = hashPriorities.find((each) => this.#waiting[each].length > 0);
    return priority && this.#waiting[priority].shift();
  }
}
