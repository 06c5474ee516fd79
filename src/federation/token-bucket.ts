/** A token bucket, as pure functions. */
export interface Bucket {
  tokens: number;
  /** Milliseconds since 1970. */
  filled: number;
}
export interface BucketSize {
  ratePerSecond: number;
  burst: number;
}

export function fullBucket({ burst }: BucketSize, now: number): Bucket {
  return { tokens: burst, filled: now };
}

/** Takes what was used already. What is owed is never more than a burst: whoever waits gets in again soon. */
export function charge(bucket: Bucket, { burst }: BucketSize, amount: number): Bucket {
  return { ...bucket, tokens: Math.min(bucket.tokens, Math.max(-burst, bucket.tokens - amount)) };
}

/** @returns the bucket afterwards, and how many seconds to wait where there was not enough in it: 0, taken */
export function take(bucket: Bucket, size: BucketSize, amount: number, now: number) {
  const gained = (Math.max(0, now - bucket.filled) / 1000) * size.ratePerSecond;
  const tokens = Math.min(size.burst, bucket.tokens + gained);
  // What is larger than the bucket passes when it is full, and is paid for afterwards: it could never pass otherwise.
  const needed = Math.min(amount, size.burst);
  if (tokens >= needed) return { bucket: { tokens: tokens - amount, filled: now }, waitSeconds: 0 };
  return { bucket: { tokens, filled: now }, waitSeconds: Math.ceil((needed - tokens) / size.ratePerSecond) };
}
