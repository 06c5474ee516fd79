import { createHash } from "node:crypto";
import { limits } from "../limits.ts";
import { type Name, parseName } from "../protocol/names.ts";

/**
 * A token is `rnh_NAME_SECRET`: the name routes it to its account's shard, the secret is 256 random bits in base64url.
 * Only the SHA-256 of the whole is stored, and only that reaches an object.
 */
export interface SessionClaim {
  account: Name;
  /** Hex. */
  digest: string;
}

const pattern = /^rnh_([a-z0-9][a-z0-9._-]{0,31})_([A-Za-z0-9_-]{43})$/;

export function newToken(account: Name): string {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const base64url = btoa(String.fromCharCode(...secret))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return `rnh_${account}_${base64url}`;
}

/** Claims of tokens that came lately: a digest is dearer than a look. Whether the session is open is another question. */
const lately = new Map<string, SessionClaim>();

/** @returns null where the text has not the form of a token */
export function claimOf(token: string): SessionClaim | null {
  const known = lately.get(token);
  if (known) return known;
  const account = parseName(pattern.exec(token)?.[1] ?? "");
  if (!account) return null;
  const claim = { account, digest: digestOf(token) };
  if (lately.size >= limits.sessionRefCacheMax) lately.clear();
  lately.set(token, claim);
  return claim;
}

export function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
