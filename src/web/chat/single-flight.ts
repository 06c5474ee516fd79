import { ConnectionLost } from "./connection-state.ts";

/**
 * Runs at most one load of each name at a time. A load that fails with `ConnectionLost` ends silently, since the client
 * loads again after reconnecting.
 */
export class SingleFlight {
  readonly #running = new Set<string>();
  /** Names with a request that no load has started for. */
  readonly #stale = new Set<string>();

  /** Does nothing if a load of this name is running. */
  async run(name: string, load: () => Promise<void>): Promise<void> {
    if (this.#running.has(name)) return;
    this.#running.add(name);
    try {
      await load();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    } finally {
      this.#running.delete(name);
    }
  }

  /** If a load of this name is running, repeats it afterwards: its answer may be older than this request. */
  async runFresh(name: string, load: () => Promise<void>): Promise<void> {
    this.#stale.add(name);
    await this.run(name, async () => {
      while (this.#stale.delete(name)) await load();
    });
  }

  /** Has a running `runFresh` repeat its load. */
  markStale(name: string): void {
    this.#stale.add(name);
  }
}
