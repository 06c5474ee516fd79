import type { Cost } from "../hasher/scrypt.ts";
import { limits } from "../limits.ts";

/**
 * What is stored of a password, in the PHC string format: `$scrypt$ln=14,r=8,p=5$salt$key`. The cost stands beside the
 * key, so that it can be raised: who logs in with an old cost gets a new verifier.
 */
export interface Verifier {
  cost: Cost;
  salt: Uint8Array;
  key: Uint8Array;
}

const saltBytes = 16;

export function newSalt(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(saltBytes));
}

export function formatVerifier({ cost, salt, key }: Verifier): string {
  return `$scrypt$ln=${Math.log2(cost.N)},r=${cost.r},p=${cost.p}$${base64(salt)}$${base64(key)}`;
}

/** @throws where the stored text is none of ours: a damaged database is no wrong password */
export function parseVerifier(text: string): Verifier {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(text);
  const [, ln, r, p, salt, key] = match ?? [];
  if (!ln || !r || !p || !salt || !key) throw new Error("a stored verifier cannot be read");
  return { cost: { N: 2 ** Number(ln), r: Number(r), p: Number(p) }, salt: bytes(salt), key: bytes(key) };
}

export function isOutdated({ cost }: Verifier): boolean {
  const wanted = limits.scryptCost;
  return cost.N !== wanted.N || cost.r !== wanted.r || cost.p !== wanted.p;
}

function base64(raw: Uint8Array): string {
  return btoa(String.fromCharCode(...raw)).replaceAll("=", "");
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
