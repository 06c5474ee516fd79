import { scrypt } from "node:crypto";

/** scrypt's cost (RFC 7914, section 2). */
export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}
/** What a hash is for. Each purpose has its own lane, see `HashLanes`. */
export const hashPurposes = ["login", "change", "registration"] as const;
export type HashPurpose = (typeof hashPurposes)[number];

/** A key to derive. */
export interface Derivation {
  purpose: HashPurpose;
  /** The account. The names of a lane take turns. */
  name: string;
  password: string;
  salt: Uint8Array;
  cost: ScryptCost;
}

/** A derived key, or after how many seconds to ask again. */
export type DerivedKey = { ok: true; key: Uint8Array } | { ok: false; retryAfterSeconds: number };

/** Port: derives password keys away from the shard's own thread. */
export interface PasswordHashing {
  derive(derivation: Derivation): Promise<DerivedKey>;
}

const keyBytes = 32;

export function deriveKey({ password, salt, cost: { N, r, p } }: Derivation): Promise<Uint8Array> {
  // What OpenSSL needs for `V`, `B` and two blocks (RFC 7914, section 6); the default maximum is 32 MiB.
  const maxmem = 128 * r * (N + p + 2);
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(new Uint8Array(key)),
    );
  });
}
