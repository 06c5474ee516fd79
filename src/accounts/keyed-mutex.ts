/**
 * One at a time for each name. Guesses at one password are so counted one by one: a hundred that arrive together do not
 * all pass before the first was found wrong.
 */
export class Turns {
  readonly #most: number;
  readonly #lines = new Map<string, { waiting: number; tail: Promise<unknown> }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns null where as many wait already as may wait */
  async take<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    const line = this.#lines.get(name) ?? { waiting: 0, tail: Promise.resolve() };
    if (line.waiting >= this.#most) return null;
    this.#lines.set(name, line);
    line.waiting++;
    const result = line.tail.then(work);
    line.tail = result.catch(() => {});
    try {
      return await result;
    } finally {
      if (--line.waiting === 0) this.#lines.delete(name);
    }
  }
}
