import { createHash, timingSafeEqual } from "node:crypto";
import { claimOf, type SessionClaim } from "../accounts/session-token.ts";
import type { Config } from "../config/config.ts";
import type { ErrorCode } from "../protocol/errors.ts";

/** Who a request says it is from. Whether a session is really open, only its object knows. */
export type Bearer =
  | { kind: "nobody"; error: Extract<ErrorCode, "token-missing" | "token-malformed"> }
  | { kind: "operator" }
  | { kind: "session"; claim: SessionClaim };

/** Reads `Authorization: Bearer …` (RFC 6750, section 2.1). */
export function bearerOf(request: Request, config: Config): Bearer {
  const header = request.headers.get("authorization");
  if (header === null) return { kind: "nobody", error: "token-missing" };
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (!token) return { kind: "nobody", error: "token-malformed" };
  if (config.operatorToken !== null && isSame(token, config.operatorToken)) return { kind: "operator" };
  const claim = claimOf(token);
  return claim ? { kind: "session", claim } : { kind: "nobody", error: "token-malformed" };
}

/** Compares by digest: in constant time, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
