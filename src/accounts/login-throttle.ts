import { limits } from "../limits.ts";

/** What an account remembers of wrong passwords. */
export interface LoginThrottle {
  /** Wrong passwords since the last right one. */
  failedLogins: number;
  /** Milliseconds since 1970; null: logins are not slowed down. */
  lockedUntil: number | null;
}

/** Seconds until the next attempt is considered; 0: now. */
export function secondsLocked({ lockedUntil }: LoginThrottle, now: number): number {
  return lockedUntil === null ? 0 : Math.max(0, Math.ceil((lockedUntil - now) / 1000));
}

/**
 * A lock that ends later than the longest one was written by a clock that was ahead. The longest one begins now in its place. A lock
 * that has long ended is forgotten, with the wrong passwords before it.
 */
export function believableThrottle<Throttle extends LoginThrottle>(throttle: Throttle, now: number): Throttle {
  const { lockedUntil } = throttle;
  const longest = now + limits.throttleMaxMs;
  if (lockedUntil === null) return throttle;
  if (lockedUntil > longest) return { ...throttle, lockedUntil: longest };
  return now - lockedUntil >= limits.throttleForgetMs ? { ...throttle, failedLogins: 0, lockedUntil: null } : throttle;
}

/** The throttle after one more wrong password. */
export function throttleAfterFailure(before: LoginThrottle, now: number): LoginThrottle {
  const failedLogins = before.failedLogins + 1;
  const beyond = failedLogins - limits.wrongPasswordsBeforeThrottle;
  if (beyond < 0) return { failedLogins, lockedUntil: null };
  // The exponent is bounded so that the product stays a number.
  const lockMs = Math.min(limits.throttleMaxMs, limits.throttleBaseMs * 2 ** Math.min(beyond, 30));
  return { failedLogins, lockedUntil: now + lockMs };
}
