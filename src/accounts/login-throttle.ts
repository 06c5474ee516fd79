import { limits } from "../limits.ts";

/** What an account remembers of wrong passwords. */
export interface Throttle {
  /** Wrong passwords since the last right one. */
  failures: number;
  /** Milliseconds since 1970; 0 where logins are not slowed down. */
  lockedUntil: number;
}

/** Seconds until the next attempt is looked at, or 0: now. */
export function secondsLocked(throttle: Throttle, now: number): number {
  return Math.max(0, Math.ceil((throttle.lockedUntil - now) / 1000));
}

/** The throttle after one more wrong password. */
export function afterFailure(throttle: Throttle, now: number): Throttle {
  const failures = throttle.failures + 1;
  const beyond = failures - limits.wrongPasswordsBeforeThrottle;
  if (beyond < 0) return { failures, lockedUntil: 0 };
  // The exponent is bounded so that the product stays a number.
  const lock = Math.min(limits.throttleMaxMs, limits.throttleBaseMs * 2 ** Math.min(beyond, 30));
  return { failures, lockedUntil: now + lock };
}

export function isExpired(used: number, now: number): boolean {
  return now - used >= limits.sessionIdleMs;
}

export function isTouchDue(used: number, now: number): boolean {
  return now - used >= limits.sessionTouchMs;
}

/** Milliseconds since 1970. */
export function expiresAt(used: number): number {
  return used + limits.sessionIdleMs;
}

export function expiryOf(used: number): string {
  return new Date(expiresAt(used)).toISOString();
}
