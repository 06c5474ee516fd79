import { scrypt } from "node:crypto";

/** scrypt's cost (RFC 7914, section 2). */
export interface Cost {
  N: number;
  r: number;
  p: number;
}
/** What a hash is for. Logins go first: a rush of new accounts shall not keep those out who have one. */
export type Lane = "login" | "registration";
/** A derived key, or how many seconds to stay away. */
export type Derived = { ok: true; key: Uint8Array } | { ok: false; retryAfter: number };

const keyBytes = 32;

export function deriveKey(password: string, salt: Uint8Array, { N, r, p }: Cost): Promise<Uint8Array> {
  // scrypt needs 128·N·r bytes; the default ceiling would refuse exactly the cost that we use.
  const maxmem = 2 * 128 * N * r;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(new Uint8Array(key)),
    );
  });
}
