import { scrypt } from "node:crypto";

/** scrypt's cost (RFC 7914, section 2). */
export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}
/** What a hash is for, the most urgent first: password changes and registrations must not delay logins. */
export const hashPriorities = ["login", "change", "registration"] as const;
export type HashPriority = (typeof hashPriorities)[number];

/** A derived key, or after how many seconds to ask again. */
export type DerivedKey = { ok: true; key: Uint8Array } | { ok: false; retryAfterSeconds: number };

/** Port: derives password keys away from the shard's own thread. */
export interface PasswordHashing {
  derive(priority: HashPriority, password: string, salt: Uint8Array, cost: ScryptCost): Promise<DerivedKey>;
}

const keyBytes = 32;

export function deriveKey(password: string, salt: Uint8Array, { N, r, p }: ScryptCost): Promise<Uint8Array> {
  // What OpenSSL needs for `V`, `B` and two blocks (RFC 7914, section 6); the default maximum is 32 MiB.
  const maxmem = 128 * r * (N + p + 2);
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(new Uint8Array(key)),
    );
  });
}
