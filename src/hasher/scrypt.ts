import { scrypt } from "node:crypto";

/** scrypt's cost (RFC 7914, section 2). */
export interface Cost {
  N: number;
  r: number;
  p: number;
}
/** What a hash is for, in the order in which they go: nobody who changes a password, or registers, shall keep others from logging in. */
export const lanes = ["login", "change", "registration"] as const;
export type Lane = (typeof lanes)[number];
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
