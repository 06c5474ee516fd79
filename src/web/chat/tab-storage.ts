/** What the page keeps in the browser. No method throws. */
export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * A storage of the browser that may be missing, forbidden or full: each of its calls, and already the access to it, can
 * throw. What it does not take stays in memory and is lost with the page.
 */
export class TabStorage implements KeyValueStorage {
  readonly #open: () => KeyValueStorage;
  /** What the browser has refused; null: the removal of an entry. */
  readonly #refused = new Map<string, string | null>();
  readonly #listeners = new Set<() => void>();

  /** @param open such as `() => sessionStorage` */
  constructor(open: () => KeyValueStorage) {
    this.#open = open;
  }

  /** Some entries are only in memory. */
  get isIncomplete(): boolean {
    return this.#refused.size > 0;
  }

  /** @param listener called when `isIncomplete` may have changed @returns a function that ends the subscription */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  getItem(name: string): string | null {
    const refused = this.#refused.get(name);
    return refused === undefined ? this.#stored(name) : refused;
  }

  setItem(name: string, text: string): void {
    this.#write(name, text);
  }

  removeItem(name: string): void {
    this.#write(name, null);
  }

  #stored(name: string): string | null {
    try {
      return this.#open().getItem(name);
    } catch {
      return null;
    }
  }

  #write(name: string, text: string | null): void {
    const before = this.isIncomplete;
    try {
      if (text === null) this.#open().removeItem(name);
      else this.#open().setItem(name, text);
      this.#refused.delete(name);
    } catch {
      if (text === null && this.#stored(name) === null) this.#refused.delete(name);
      else this.#refused.set(name, text);
    }
    if (before !== this.isIncomplete) for (const listener of this.#listeners) listener();
  }
}
