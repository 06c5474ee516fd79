import { createHash, timingSafeEqual } from "node:crypto";
import { parseToken } from "../accounts/session-token.ts";
import type { Config } from "../config/config.ts";
import type { ErrorCode } from "../protocol/error-texts.ts";
import type { SessionRef } from "../shard-api/caller.ts";
import type { RequestHead } from "./worker-deps.ts";

/** The sender that a request claims. Only the account's shard knows whether its session is still open. */
export type Bearer =
  | { kind: "none"; error: Extract<ErrorCode, "token-missing" | "token-malformed"> }
  | { kind: "operator" }
  | { kind: "session"; session: SessionRef };

/** Parses `Authorization: Bearer …` (RFC 6750, section 2.1). */
export function bearerOf(request: RequestHead, { operatorToken }: Config): Bearer {
  const header = request.headers.get("authorization");
  if (!header) return { kind: "none", error: "token-missing" };
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (!token) return { kind: "none", error: "token-malformed" };
  if (operatorToken !== null && isSameSecret(token, operatorToken)) return { kind: "operator" };
  const session = parseToken(token);
  return session ? { kind: "session", session } : { kind: "none", error: "token-malformed" };
}

/** Compares digests in constant time, so that the time depends neither on content nor on length. */
function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
