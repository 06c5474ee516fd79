/** When the last batch left for each destination, as long as that keeps the next one back. It is memory only. */
export class Pace {
  readonly #paceMs: number;
  /** The earliest first. */
  readonly #left = new Map<string, number>();

  /** @param paceMs the least time between two batches to one destination */
  constructor(paceMs: number) {
    this.#paceMs = paceMs;
  }

  /** How long the next batch for a destination has to wait, in milliseconds. */
  waitMs(destination: string, now: number): number {
    return Math.max(0, (this.#left.get(destination) ?? 0) + this.#paceMs - now);
  }

  left(destination: string, now: number): void {
    this.#left.delete(destination);
    for (const [other, before] of this.#left) {
      if (before + this.#paceMs > now) break;
      this.#left.delete(other);
    }
    this.#left.set(destination, now);
  }

  /** How many destinations it remembers. */
  get size(): number {
    return this.#left.size;
  }
}
