import { claimOf, type SessionClaim } from "../account/token.ts";
import type { Config } from "../env.ts";
import type { ErrorCode } from "../errors.ts";

/** Who a request says it is from. Whether a session is really open, only its object knows. */
export type Bearer =
  | { kind: "nobody"; error: Extract<ErrorCode, "token-missing" | "token-malformed"> }
  | { kind: "operator" }
  | { kind: "session"; claim: SessionClaim };

/** Reads `Authorization: Bearer …` (RFC 6750, section 2.1). */
export async function bearerOf(request: Request, config: Config): Promise<Bearer> {
  const header = request.headers.get("authorization");
  if (header === null) return { kind: "nobody", error: "token-missing" };
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (!token) return { kind: "nobody", error: "token-malformed" };
  if (config.operatorToken !== null && (await isSame(token, config.operatorToken))) return { kind: "operator" };
  const claim = await claimOf(token);
  return claim ? { kind: "session", claim } : { kind: "nobody", error: "token-malformed" };
}

/** Compares by digest: in constant time, whatever the lengths. */
async function isSame(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map((text) => sha256(text)));
  return left !== undefined && right !== undefined && crypto.subtle.timingSafeEqual(left, right);
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
