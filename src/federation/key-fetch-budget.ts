import { fullBucket, type TokenBucket, type TokenBucketSize, tryTakeTokens } from "../admission/token-bucket.ts";
import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";

/** A fetch of a realm's keys that a request asks for. Its signature cannot be verified before, so anybody can ask. */
export interface KeyFetchRequest {
  realm: RealmName;
  /** The realm's keys were read before. Realms that are new and realms that are known do not take from each other. */
  isKnown: boolean;
  /** The address that the request came from; null: not known. */
  client: string | null;
}

/**
 * How many realms are asked for their keys. Besides the total, each client address and each domain has a small part of it, so
 * that one client cannot keep every new realm out. In memory only: an eviction fills all buckets.
 */
export class KeyFetchBudget {
  readonly #buckets = new BoundedCache<string, TokenBucket>(limits.peersInMemoryMax);
  readonly #totals = new Map<string, TokenBucket>();

  /** Takes one fetch from every bucket that it concerns, or from none. */
  take({ realm, isKnown, client }: KeyFetchRequest, now: number): boolean {
    const total = isKnown ? "known" : "new";
    const parts: [key: string, size: TokenBucketSize][] = [[`domain ${domainOf(realm)}`, sizes.domain]];
    if (client !== null) parts.push([`client ${client}`, sizes.client]);
    const taken = parts.map(([key, size]) => ({ key, ...takeOne(this.#buckets.get(key), size, now) }));
    const ofTotal = takeOne(this.#totals.get(total), sizes.total, now);
    if (![...taken, ofTotal].every(({ waitSeconds }) => waitSeconds === 0)) return false;
    for (const { key, bucket } of taken) this.#buckets.set(key, bucket);
    this.#totals.set(total, ofTotal.bucket);
    return true;
  }
}

const sizes = {
  total: perMinute(limits.keyFetchesPerMinute),
  client: perMinute(limits.keyFetchesPerClientPerMinute),
  domain: perMinute(limits.keyFetchesPerDomainPerMinute),
} as const;

function perMinute(count: number): TokenBucketSize {
  return { ratePerSecond: count / 60, burst: count };
}

function takeOne(bucket: TokenBucket | undefined, size: TokenBucketSize, now: number) {
  return tryTakeTokens(bucket ?? fullBucket(size, now), size, 1, now);
}

/** The last two labels of a host name: whoever owns a domain can make any number of names in it. */
function domainOf(realm: RealmName): string {
  return realm.split(".").slice(-2).join(".");
}
