import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";

/**
 * The nonces of admitted requests, each until its request is stale in any case. Times are of a monotonic clock, so that no step of
 * the other one makes a nonce expire early. When the cache is full, the peer with the
 * most nonces loses its oldest one: a flood of one peer does not evict the nonces of another.
 */
export class NonceCache {
  /** By peer, oldest first: each nonce with the time when it expires. */
  readonly #expiryByPeer = new Map<RealmName, Map<string, number>>();
  #size = 0;

  has(from: RealmName, nonce: string, now: number): boolean {
    return (this.#expiryByPeer.get(from)?.get(nonce) ?? 0) > now;
  }

  add(from: RealmName, nonce: string, now: number): void {
    const own = this.#expiryByPeer.get(from) ?? new Map<string, number>();
    this.#dropExpired(own, now);
    if (this.#size >= limits.noncesMax) this.#evict(now);
    // After the eviction, which removes peers that have no nonces left.
    this.#expiryByPeer.set(from, own);
    own.set(nonce, now + 2 * limits.clockSkewSeconds * 1000);
    this.#size++;
  }

  #evict(now: number): void {
    let largest = new Map<string, number>();
    for (const [peer, nonces] of this.#expiryByPeer) {
      this.#dropExpired(nonces, now);
      if (nonces.size > largest.size) largest = nonces;
      if (nonces.size === 0) this.#expiryByPeer.delete(peer);
    }
    if (this.#size >= limits.noncesMax) this.#dropOldest(largest);
  }

  #dropExpired(nonces: Map<string, number>, now: number): void {
    for (const expiresAt of nonces.values()) {
      if (expiresAt > now) return;
      this.#dropOldest(nonces);
    }
  }

  #dropOldest(nonces: Map<string, number>): void {
    const [oldest] = nonces.keys();
    if (oldest !== undefined && nonces.delete(oldest)) this.#size--;
  }
}
