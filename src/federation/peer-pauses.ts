import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";

/**
 * Until when peers are to make no request, as shard 0 has answered a verified request of theirs. A Worker refuses a request in
 * such a peer's name by this alone: it reads no body, verifies no signature and calls no shard. Nothing that a stranger sends
 * starts a pause.
 */
export class PeerPauses {
  /** By receiver and peer: when the pause ends, on the clock of `elapsedMs`. */
  readonly #ends = new BoundedCache<string, number>(limits.peersInMemoryMax);
  readonly #elapsedMs: () => number;

  /** @param elapsedMs milliseconds that never step */
  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  start(here: RealmName, from: RealmName, seconds: number): void {
    this.#ends.set(keyOf(here, from), this.#elapsedMs() + seconds * 1000);
  }

  /** Whole seconds until the pause is over; 0: there is none. */
  secondsLeft(here: RealmName, from: RealmName): number {
    const end = this.#ends.get(keyOf(here, from));
    if (end === undefined) return 0;
    const left = end - this.#elapsedMs();
    if (left <= 0) this.#ends.delete(keyOf(here, from));
    return Math.max(0, Math.ceil(left / 1000));
  }
}

function keyOf(here: RealmName, from: RealmName): string {
  return `${here} ${from}`;
}
