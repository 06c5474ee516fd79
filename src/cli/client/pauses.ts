import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../limits.ts";

/** Growing pauses between attempts, each shortened at random, so that many clients do not come back at once. */
export class Pauses {
  #ms: number = limits.cliPauseMinMs;

  next(): number {
    const ms = this.#ms * (0.5 + Math.random() / 2);
    this.#ms = Math.min(this.#ms * 2, limits.cliPauseMaxMs);
    return ms;
  }

  reset(): void {
    this.#ms = limits.cliPauseMinMs;
  }
}

/** Waits, or ends early when the signal is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
