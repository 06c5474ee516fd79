import {
  chargeTokens,
  fullBucket,
  type TokenBucket,
  type TokenBucketSize,
  tryTakeTokens,
} from "../admission/token-bucket.ts";
import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";
import type { PeerRequest } from "../shard-api/shard-api.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { Clock } from "../storage/clock.ts";
import { NonceCache } from "./nonce-cache.ts";

/** Whether a verified request is processed. `seconds` says when the peer may try again. */
export type Admission = { kind: "admitted" } | { kind: "rate-limited"; seconds: number } | { kind: "replayed" };

export interface PeerAdmissionDeps {
  /** Messages a second that one peer may send. */
  ratePerSecond: number;
  clock: Clock;
}

/**
 * Admits verified requests of peers, in shard 0: a token bucket for each peer, and the nonces of the last minutes. Both are
 * in memory only, so a replay within five minutes passes after an eviction. Its messages are then known by their uids; a
 * membership change is made once more.
 */
export class PeerAdmission {
  readonly #bucketSize: TokenBucketSize;
  readonly #clock: Clock;
  readonly #buckets = new BoundedCache<RealmName, TokenBucket>(limits.peersInMemoryMax);
  /** When a contact of each peer was last due, in milliseconds since 1970. */
  readonly #contacts = new BoundedCache<RealmName, number>(limits.peersInMemoryMax);
  readonly #nonces = new NonceCache();

  constructor({ ratePerSecond, clock }: PeerAdmissionDeps) {
    this.#bucketSize = { ratePerSecond, burst: ratePerSecond * limits.peerBurstSeconds };
    this.#clock = clock;
  }

  /** @param messages how many the request carries; as far as its bytes count as more, these decide */
  admit({ from, nonce, bytes }: Pick<PeerRequest, "from" | "nonce" | "bytes">, messages: number): Admission {
    const now = this.#clock();
    const cost = Math.max(1, messages, Math.ceil(bytes / limits.bytesPerToken));
    if (this.#nonces.has(from, nonce, now)) return { kind: "replayed" };
    const { bucket, waitSeconds } = tryTakeTokens(this.#bucketOf(from, now), this.#bucketSize, cost, now);
    this.#buckets.set(from, bucket);
    if (waitSeconds > 0) return { kind: "rate-limited", seconds: waitSeconds };
    this.#nonces.add(from, nonce, now);
    return { kind: "admitted" };
  }

  /** Charges a peer for the rows that its request made the realm read or send. Its later requests pay for them. */
  charge(from: RealmName, rows: number): void {
    const bucket = this.#bucketOf(from, this.#clock());
    this.#buckets.set(from, chargeTokens(bucket, this.#bucketSize, Math.floor(rows / limits.rowsPerToken)));
  }

  /** Whether the delivery queues are to be notified that this peer has made contact: once per interval. */
  isContactDue(from: RealmName): boolean {
    const now = this.#clock();
    const sinceLast = now - (this.#contacts.get(from) ?? Number.NEGATIVE_INFINITY);
    // A negative interval: the clock has stepped back.
    if (sinceLast >= 0 && sinceLast < limits.peerContactMinIntervalMs) return false;
    this.#contacts.set(from, now);
    return true;
  }

  #bucketOf(from: RealmName, now: number): TokenBucket {
    return this.#buckets.get(from) ?? fullBucket(this.#bucketSize, now);
  }
}
