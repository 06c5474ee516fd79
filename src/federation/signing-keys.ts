import { limits } from "../limits.ts";
import type { PublicKey } from "../protocol/federation-wire.ts";
import type { Clock } from "../storage/clock.ts";
import { first, type Sql } from "../storage/sql.ts";

/** A signing key as it is stored and as shards hand it to each other. It never leaves the deployment. */
export interface StoredKey {
  id: string;
  /** The private JWK, as JSON. */
  jwk: string;
}

/** The realm's own keys: one signs, the others are being retired. They live in the realm's first object. */
export class Keyring {
  readonly #sql: Sql;
  readonly #write: <T>(work: () => T) => Promise<T>;
  readonly #clock: Clock;
  /** The making of a key takes a moment; whoever asks meanwhile gets the same one. */
  #making: Promise<StoredKey> | null = null;

  constructor(sql: Sql, write: <T>(work: () => T) => Promise<T>, clock: Clock) {
    this.#sql = sql;
    this.#write = write;
    this.#clock = clock;
  }

  /** The key that signs; the first call makes it. */
  async current(): Promise<StoredKey> {
    const stored = first<{ id: string; jwk: string }>(this.#sql, "select id, jwk from keys where retired is null");
    return stored ?? this.rotate();
  }

  /** Makes a new key. The one before stays known for 48 h, since requests that it signed are under way. */
  rotate(): Promise<StoredKey> {
    this.#making ??= this.#make().finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  async publicKeys(): Promise<PublicKey[]> {
    await this.current();
    return this.#sql
      .exec<{ id: string; jwk: string }>(
        "select id, jwk from keys where retired is null or retired > ? order by retired is not null, created desc limit ?",
        this.#clock() - limits.keyRetireMs,
        limits.peerKeysMax,
      )
      .toArray()
      .map(({ id, jwk }) => ({ kty: "OKP", crv: "Ed25519", kid: id, x: String(JSON.parse(jwk).x) }));
  }

  async #make(): Promise<StoredKey> {
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const jwk = JSON.stringify(await crypto.subtle.exportKey("jwk", pair.privateKey));
    const id = crypto.randomUUID();
    return this.#write(() => {
      const now = this.#clock();
      this.#sql.exec("delete from keys where retired <= ?", now - limits.keyRetireMs);
      this.#sql.exec("update keys set retired = ? where retired is null", now);
      this.#sql.exec("insert into keys (id, jwk, created) values (?, ?, ?)", id, jwk, now);
      return { id, jwk };
    });
  }
}
