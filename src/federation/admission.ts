import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";
import type { Clock } from "../storage/clock.ts";
import { Nonces } from "./nonce-cache.ts";
import { type Bucket, type BucketSize, charge, fullBucket, take } from "./token-bucket.ts";

/** Whether a request that was verified may come in; `seconds` says how long to stay away, `replayed` that it has been here before. */
export type Admission = { kind: "in" } | { kind: "slow-down"; seconds: number } | { kind: "replayed" };

/**
 * The gate of the realm's first object: a token bucket for each peer, and the nonces of the last minutes. It is memory
 * only: after an eviction a replay within five minutes gets in. It finds every message's uid taken; a change to a membership
 * it makes once more.
 */
export class Gate {
  readonly #size: BucketSize;
  readonly #clock: Clock;
  readonly #buckets = new Map<RealmName, Bucket>();
  readonly #heard = new Map<RealmName, number>();
  readonly #nonces = new Nonces();

  constructor(ratePerSecond: number, clock: Clock) {
    this.#size = { ratePerSecond, burst: ratePerSecond * limits.peerBurstSeconds };
    this.#clock = clock;
  }

  admit(from: RealmName, nonce: string, messages: number): Admission {
    const now = this.#clock();
    if (this.#nonces.has(from, nonce, now)) return { kind: "replayed" };
    if (this.#buckets.size >= limits.peersInMemoryMax) this.#buckets.clear();
    const { bucket, waitSeconds } = take(
      this.#buckets.get(from) ?? fullBucket(this.#size, now),
      this.#size,
      messages,
      now,
    );
    this.#buckets.set(from, bucket);
    if (waitSeconds > 0) return { kind: "slow-down", seconds: waitSeconds };
    this.#nonces.add(from, nonce, now);
    return { kind: "in" };
  }

  /** Notes how many rows a peer's request has made the realm read or send: those that come after it pay for them. */
  charge(from: RealmName, rows: number): void {
    const bucket = this.#buckets.get(from) ?? fullBucket(this.#size, this.#clock());
    this.#buckets.set(from, charge(bucket, this.#size, Math.floor(rows / limits.rowsPerToken)));
  }

  /** Whether a peer's speaking is worth telling the links: it is, once a second. */
  isNews(from: RealmName): boolean {
    const now = this.#clock();
    if (now - (this.#heard.get(from) ?? 0) < limits.peerContactMinIntervalMs) return false;
    if (this.#heard.size >= limits.peersInMemoryMax) this.#heard.clear();
    this.#heard.set(from, now);
    return true;
  }
}
