import { limits } from "../limits.ts";

/**
 * Whether a session has ended. Times are of the steady clock. A crash can lose the last step of it, so that a last use lies ahead
 * by up to a day. One that lies further ahead may be any time ago, and has ended too.
 */
export function isSessionExpired(lastUsedAt: number, now: number): boolean {
  const unusedMs = now - lastUsedAt;
  return unusedMs >= limits.sessionIdleMs || unusedMs < -limits.clockGapMaxMs;
}

/** Whether the last use is old enough, or lies far enough ahead, to be written again. */
export function isTouchDue(lastUsedAt: number, now: number): boolean {
  return Math.abs(now - lastUsedAt) >= limits.sessionTouchMs;
}

export function sessionExpiresAt(lastUsedAt: number): number {
  return lastUsedAt + limits.sessionIdleMs;
}
