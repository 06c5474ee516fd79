/** A token bucket, as pure functions. */
export interface TokenBucket {
  tokens: number;
  /** Milliseconds since 1970: when `tokens` was right. */
  filledAt: number;
}
export interface TokenBucketSize {
  ratePerSecond: number;
  burst: number;
}

export function fullBucket({ burst }: TokenBucketSize, now: number): TokenBucket {
  return { tokens: burst, filledAt: now };
}

/** Takes tokens for work that was done already. The debt is at most one burst, so that the client is admitted again soon. */
export function chargeTokens(bucket: TokenBucket, { burst }: TokenBucketSize, amount: number): TokenBucket {
  return { ...bucket, tokens: Math.min(bucket.tokens, Math.max(-burst, bucket.tokens - amount)) };
}

/**
 * Takes `amount` tokens, or none if there are too few.
 *
 * @returns the bucket afterwards, and the seconds until there are enough; 0: they were taken
 */
export function tryTakeTokens(bucket: TokenBucket, size: TokenBucketSize, amount: number, now: number) {
  const gained = (Math.max(0, now - bucket.filledAt) / 1000) * size.ratePerSecond;
  const tokens = Math.min(size.burst, bucket.tokens + gained);
  // An amount above the burst could never pass. It passes when the bucket is full, and leaves a debt.
  const needed = Math.min(amount, size.burst);
  if (tokens >= needed) return { bucket: { tokens: tokens - amount, filledAt: now }, waitSeconds: 0 };
  return { bucket: { tokens, filledAt: now }, waitSeconds: Math.ceil((needed - tokens) / size.ratePerSecond) };
}
