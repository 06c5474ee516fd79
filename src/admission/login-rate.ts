import { limits } from "../limits.ts";
import type { RatePolicy } from "../protocol/replies.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { Clock } from "../storage/clock.ts";
import { fullBucket, type TokenBucket, type TokenBucketSize, tryTakeTokens } from "./token-bucket.ts";

/** A customer of a provider often has a whole /48 of IPv6, which is 65,536 clients. */
const networkSize = { ratePerSecond: limits.loginsPerNetworkPerMinute / 60, burst: limits.loginsPerNetworkPerMinute };
const size = { ratePerSecond: limits.loginsPerClientPerMinute / 60, burst: limits.loginsPerClientPerMinute };

export const loginPolicy: RatePolicy = {
  name: "logins",
  quota: limits.loginsPerClientPerMinute,
  windowSeconds: 60,
};

/** The rate of registrations and logins of each client address, in memory. */
export class LoginRate {
  readonly #clock: Clock;
  readonly #buckets = new BoundedCache<string, TokenBucket>(limits.clientsInMemoryMax);

  /** @param clock any that never goes back */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the seconds until the client's next attempt is admitted; 0: this one is */
  admit(client: string): number {
    const waitSeconds = this.#take(client, size);
    const network = /^(\w+:\w+:\w+):\w+::\/64$/.exec(client)?.[1];
    return waitSeconds > 0 || !network ? waitSeconds : this.#take(`${network}::/48`, networkSize);
  }

  #take(key: string, bucketSize: TokenBucketSize): number {
    const now = this.#clock();
    const before = this.#buckets.get(key) ?? fullBucket(bucketSize, now);
    const { bucket, waitSeconds } = tryTakeTokens(before, bucketSize, 1, now);
    this.#buckets.refresh(key, bucket);
    return waitSeconds;
  }
}
