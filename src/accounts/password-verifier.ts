import type { ScryptCost } from "../hasher/scrypt.ts";
import { limits } from "../limits.ts";

/**
 * What is stored of a password, in the PHC string format: `$scrypt$ln=14,r=8,p=5$salt$key`. The cost is stored beside the key, so
 * that it can be raised: a login with an old cost makes a new verifier.
 */
export interface PasswordVerifier {
  cost: ScryptCost;
  salt: Uint8Array;
  key: Uint8Array;
}

const saltBytes = 16;

export function newSalt(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(saltBytes));
}

export function formatVerifier({ cost, salt, key }: PasswordVerifier): string {
  return `$scrypt$ln=${Math.log2(cost.N)},r=${cost.r},p=${cost.p}$${toBase64(salt)}$${toBase64(key)}`;
}

/** @throws where the stored text is damaged: that is not a wrong password */
export function parseVerifier(text: string): PasswordVerifier {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(text);
  const [, ln, r, p, salt, key] = match ?? [];
  if (!ln || !r || !p || !salt || !key) throw new Error("a stored password verifier cannot be parsed");
  return { cost: { N: 2 ** Number(ln), r: Number(r), p: Number(p) }, salt: fromBase64(salt), key: fromBase64(key) };
}

/** Whether a verifier was made with another cost than new ones. */
export function hasOutdatedCost({ cost }: PasswordVerifier): boolean {
  const { N, r, p } = limits.scryptCost;
  return cost.N !== N || cost.r !== r || cost.p !== p;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("=", "");
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
