import { limits } from "../limits.ts";

/**
 * Whether a session has ended. Times are milliseconds since 1970. A last use that lies ahead by more than a step of the clock
 * explains may be any time ago, and has ended too.
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
