/** When the last batch left for each destination, as long as that delays the next one. It is memory only, by a monotonic clock. */
export class BatchInterval {
  readonly #intervalMs: number;
  /** The earliest first. */
  readonly #sentAt = new Map<string, number>();

  /** @param intervalMs the least time between two batches to one destination */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** How long the next batch for a destination has to wait, in milliseconds. */
  waitMs(destination: string, now: number): number {
    return Math.max(0, (this.#sentAt.get(destination) ?? Number.NEGATIVE_INFINITY) + this.#intervalMs - now);
  }

  /** A batch leaves now. */
  sent(destination: string, now: number): void {
    this.#sentAt.delete(destination);
    for (const [other, before] of this.#sentAt) {
      if (before + this.#intervalMs > now) break;
      this.#sentAt.delete(other);
    }
    this.#sentAt.set(destination, now);
  }

  /** How many destinations it remembers. */
  get size(): number {
    return this.#sentAt.size;
  }
}
