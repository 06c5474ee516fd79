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

const secondsOfDay = 24 * 60 * 60;

/** Whether a verified request is processed. `seconds` says when the peer may try again. */
export type Admission = { kind: "admitted" } | { kind: "rate-limited"; seconds: number } | { kind: "replayed" };

export interface PeerAdmissionDeps {
  /** Messages a second that one peer may send. */
  ratePerSecond: number;
  /** Bytes a day that a realm may send which is not configured. */
  strangeRealmBytesPerDay: number;
  isConfigured(realm: RealmName): boolean;
  clock: Clock;
}

/**
 * Admits verified requests of peers, in shard 0: a token bucket for each peer, a second one for what a strange realm may have
 * stored in a day, and the nonces of the last minutes. All are in memory only, so a replay within five minutes passes after an
 * eviction. Its messages are then known by their uids; a membership change is made once more.
 */
export class PeerAdmission {
  readonly #bucketSize: TokenBucketSize;
  readonly #clock: Clock;
  readonly #dailySize: TokenBucketSize;
  readonly #isConfigured: (realm: RealmName) => boolean;
  readonly #buckets = new BoundedCache<RealmName, TokenBucket>(limits.peersInMemoryMax);
  /** In bytes. */
  readonly #dailyBuckets = new BoundedCache<RealmName, TokenBucket>(limits.peersInMemoryMax);
  /** When a contact of each peer was last due, in milliseconds since 1970. */
  readonly #contacts = new BoundedCache<RealmName, number>(limits.peersInMemoryMax);
  readonly #nonces = new NonceCache();

  constructor({ ratePerSecond, strangeRealmBytesPerDay, isConfigured, clock }: PeerAdmissionDeps) {
    this.#bucketSize = { ratePerSecond, burst: ratePerSecond * limits.peerBurstSeconds };
    this.#dailySize = { ratePerSecond: strangeRealmBytesPerDay / secondsOfDay, burst: strangeRealmBytesPerDay };
    this.#isConfigured = isConfigured;
    this.#clock = clock;
  }

  /** @param messages how many the request carries; as far as its bytes count as more, these decide */
  admit({ from, nonce, bytes }: Pick<PeerRequest, "from" | "nonce" | "bytes">, messages: number): Admission {
    const now = this.#clock();
    const cost = Math.max(1, messages, Math.ceil(bytes / limits.bytesPerToken));
    if (this.#nonces.has(from, nonce, now)) return { kind: "replayed" };
    const { bucket, waitSeconds } = tryTakeTokens(this.#bucketOf(from, now), this.#bucketSize, cost, now);
    if (waitSeconds > 0) return { kind: "rate-limited", seconds: waitSeconds };
    const waitForDaily = this.#takeDaily(from, bytes + messages * limits.messageOverheadBytes, now);
    if (waitForDaily > 0) return { kind: "rate-limited", seconds: waitForDaily };
    this.#buckets.set(from, bucket);
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

  /** @returns the seconds until a strange realm may have so many bytes stored; 0: they are counted */
  #takeDaily(from: RealmName, bytes: number, now: number): number {
    if (this.#isConfigured(from)) return 0;
    const before = this.#dailyBuckets.get(from) ?? fullBucket(this.#dailySize, now);
    const { bucket, waitSeconds } = tryTakeTokens(before, this.#dailySize, bytes, now);
    if (waitSeconds === 0) this.#dailyBuckets.set(from, bucket);
    return waitSeconds;
  }

  #bucketOf(from: RealmName, now: number): TokenBucket {
    return this.#buckets.get(from) ?? fullBucket(this.#bucketSize, now);
  }
}
