import { limits } from "../limits.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { Clock } from "../storage/clock.ts";
import { fullBucket, type TokenBucket, tryTakeTokens } from "./token-bucket.ts";

const size = { ratePerSecond: limits.loginsPerClientPerMinute / 60, burst: limits.loginsPerClientPerMinute };

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
    const now = this.#clock();
    const { bucket, waitSeconds } = tryTakeTokens(this.#buckets.get(client) ?? fullBucket(size, now), size, 1, now);
    this.#buckets.set(client, bucket);
    return waitSeconds;
  }
}
