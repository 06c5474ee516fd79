import { limits } from "../limits.ts";
import type { UserCommand } from "../protocol/commands.ts";
import type { Name } from "../protocol/names.ts";
import { type Failure, type RatePolicy, rateFailure } from "../protocol/replies.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { Clock, Timer } from "../storage/clock.ts";
import { chargeTokens, fullBucket, type TokenBucket, type TokenBucketSize, tryTakeTokens } from "./token-bucket.ts";

export interface AccountBudgetsDeps {
  /** Commands a second that one account may send. */
  ratePerSecond: number;
  /** Any clock that never goes back. */
  clock: Clock;
  timer: Timer;
}

/**
 * What each account of a shard may cost: a token bucket for its commands and the bytes of their texts and replies. It is in memory
 * only: an account whose shard was evicted starts with a full one, and a shard is evicted when nobody uses it.
 */
export class AccountBudgets {
  readonly #deps: AccountBudgetsDeps;
  readonly #size: TokenBucketSize;
  readonly #policy: RatePolicy;
  readonly #buckets = new BoundedCache<Name, TokenBucket>(limits.budgetsInMemoryMax);
  /** Late refusals by account. */
  readonly #delayed = new Map<Name, DelayedRefusals>();

  constructor(deps: AccountBudgetsDeps) {
    this.#deps = deps;
    this.#size = { ratePerSecond: deps.ratePerSecond, burst: deps.ratePerSecond * limits.accountBurstSeconds };
    this.#policy = { name: "commands", quota: this.#size.burst, windowSeconds: limits.accountBurstSeconds };
  }

  /**
   * Charges an account for a command before it is executed, or for a line that is none. The account must be authenticated.
   *
   * @returns null, or the refusal
   */
  admit(account: Name, command: UserCommand | null): Promise<Failure> | null {
    const now = this.#deps.clock();
    const { bucket, waitSeconds } = tryTakeTokens(this.#bucketOf(account, now), this.#size, costOf(command), now);
    this.#buckets.refresh(account, bucket);
    return waitSeconds > 0 ? this.#refuse(account, waitSeconds) : null;
  }

  /** Charges an account for a reply: its next commands pay for it. */
  chargeReply(account: Name, bytes: number): void {
    const tokens = bytes / limits.replyBytesPerToken;
    this.#buckets.refresh(account, chargeTokens(this.#bucketOf(account, this.#deps.clock()), this.#size, tokens));
  }

  /** A program that repeats a refused command at once would cost more than the commands that are admitted, so the answer is late. */
  async #refuse(account: Name, seconds: number): Promise<Failure> {
    const delayed = this.#delayed.get(account) ?? this.#delay(account);
    if (delayed.count < limits.delayedRefusalsPerAccount) {
      delayed.count++;
      await delayed.over;
    }
    return rateFailure("slow-down", seconds, this.#policy);
  }

  /** The refusals of the next moment are answered together at its end: one timer an account. */
  #delay(account: Name): DelayedRefusals {
    const over = new Promise<void>((resolve) => {
      this.#deps.timer(() => {
        this.#delayed.delete(account);
        resolve();
      }, limits.refusalDelayMs);
    });
    const delayed = { count: 0, over };
    this.#delayed.set(account, delayed);
    return delayed;
  }

  #bucketOf(account: Name, now: number): TokenBucket {
    return this.#buckets.get(account) ?? fullBucket(this.#size, now);
  }
}

interface DelayedRefusals {
  count: number;
  over: Promise<void>;
}

function costOf(command: UserCommand | null): number {
  const chars = command && "text" in command ? command.text.length : 0;
  return Math.max(1, chars / limits.textCharsPerToken);
}
