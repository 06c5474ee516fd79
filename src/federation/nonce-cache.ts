import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";

/**
 * The nonces of requests that came lately, each until its request is too old to be taken anyway. Where there are too many of
 * them, the peer that has the most loses its oldest: nobody makes another's be forgotten.
 */
export class Nonces {
  /** By peer: each nonce with the time, in milliseconds, when it may be forgotten. In the order of their coming. */
  readonly #byPeer = new Map<RealmName, Map<string, number>>();
  #size = 0;

  has(from: RealmName, nonce: string, now: number): boolean {
    return (this.#byPeer.get(from)?.get(nonce) ?? 0) > now;
  }

  add(from: RealmName, nonce: string, now: number): void {
    const own = this.#byPeer.get(from) ?? new Map<string, number>();
    this.#drop(own, now);
    if (this.#size >= limits.noncesMax) this.#makeRoom(now);
    // One that had none was let go of there.
    this.#byPeer.set(from, own);
    own.set(nonce, now + 2 * limits.clockSkewSeconds * 1000);
    this.#size++;
  }

  #makeRoom(now: number): void {
    let most = new Map<string, number>();
    for (const [peer, each] of this.#byPeer) {
      this.#drop(each, now);
      if (each.size > most.size) most = each;
      if (each.size === 0) this.#byPeer.delete(peer);
    }
    if (this.#size >= limits.noncesMax) this.#dropOldest(most);
  }

  /** Drops those that may be forgotten. */
  #drop(nonces: Map<string, number>, now: number): void {
    for (const until of nonces.values()) {
      if (until > now) return;
      this.#dropOldest(nonces);
    }
  }

  #dropOldest(nonces: Map<string, number>): void {
    const [oldest] = nonces.keys();
    if (oldest !== undefined && nonces.delete(oldest)) this.#size--;
  }
}
