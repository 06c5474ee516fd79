import { limits } from "../limits.ts";

/** Times are milliseconds since 1970. */
export function isSessionExpired(lastUsedAt: number, now: number): boolean {
  return now - lastUsedAt >= limits.sessionIdleMs;
}

/** Whether the last use is old enough to be written again. */
export function isTouchDue(lastUsedAt: number, now: number): boolean {
  return now - lastUsedAt >= limits.sessionTouchMs;
}

export function sessionExpiresAt(lastUsedAt: number): number {
  return lastUsedAt + limits.sessionIdleMs;
}
