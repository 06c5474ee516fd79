import { createHash } from "node:crypto";
import { limits } from "../limits.ts";
import { type Name, parseName } from "../protocol/names.ts";
import type { SessionRef } from "../shard-api/caller.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";

/**
 * A token is `rnh_NAME_SECRET`. The name routes it to its account's shard; the secret is 256 random bits in base64url. Only the
 * SHA-256 of the whole token is stored, and only that reaches a shard.
 */
const tokenPattern = /^rnh_([a-z0-9][a-z0-9._-]{0,31})_([A-Za-z0-9_-]{43})$/;

export function newToken(account: Name): string {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const base64url = btoa(String.fromCharCode(...secret))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return `rnh_${account}_${base64url}`;
}

/** Recent tokens, since a digest costs more than a look-up. It does not say whether the session is open. */
const sessionRefs = new BoundedCache<string, SessionRef>(limits.sessionRefCacheMax);

/** @returns null where the text is not a token */
export function parseToken(token: string): SessionRef | null {
  const known = sessionRefs.get(token);
  if (known) return known;
  const account = parseName(tokenPattern.exec(token)?.[1] ?? "");
  if (!account) return null;
  const ref = { account, tokenDigest: tokenDigestOf(token) };
  sessionRefs.set(token, ref);
  return ref;
}

/** The SHA-256 of a token, in hex. */
export function tokenDigestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
