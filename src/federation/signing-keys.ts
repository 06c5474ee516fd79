import * as v from "valibot";
import { limits } from "../limits.ts";
import type { PublicKey } from "../protocol/federation-wire.ts";
import type { StoredSigningKey } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";
import type { Reader } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

export interface SigningKeysDeps {
  database: Reader;
  unitOfWork: Pick<UnitOfWork, "run">;
  /** The steady one: no step makes a key that was retired published again. */
  clock: Clock;
}

/** The realm's own keys (table `signing_keys`, in shard 0): one signs, the others are retired. */
export class SigningKeys {
  readonly #deps: SigningKeysDeps;
  /** Calls that arrive while a key is generated get the same key. */
  #generating: Promise<StoredSigningKey> | null = null;

  constructor(deps: SigningKeysDeps) {
    this.#deps = deps;
  }

  /** The key that signs. The first call generates it. */
  async current(): Promise<StoredSigningKey> {
    const { database } = this.#deps;
    const stored = database.first<{ id: string; jwk: string }>(
      "select id, jwk from signing_keys where retired_at is null",
    );
    return stored ?? this.rotate();
  }

  /** Generates a new key. The one before stays published for 48 h, since requests that it signed are under way. */
  rotate(): Promise<StoredSigningKey> {
    this.#generating ??= this.#generate().finally(() => {
      this.#generating = null;
    });
    return this.#generating;
  }

  /** The keys that the realm publishes; the one that signs is first. */
  async publicKeys(): Promise<PublicKey[]> {
    await this.current();
    const rows = this.#deps.database.all<{ id: string; jwk: string; retiredAt: number | null }>(
      `select id, jwk, retired_at retiredAt from signing_keys order by retired_at is not null, created_at desc`,
    );
    const published = rows.filter(({ retiredAt }) => retiredAt === null || this.#isPublished(retiredAt));
    return published.slice(0, limits.peerKeysMax).map(({ id, jwk }) => {
      const { kty, crv, x } = parsePrivateKey(jwk);
      return { kty, crv, kid: id, x };
    });
  }

  /** A retirement that lies ahead may be any time ago. Such a key is dropped: requests that it signed are signed again. */
  #isPublished(retiredAt: number): boolean {
    const retiredMs = this.#deps.clock() - retiredAt;
    return retiredMs > -limits.clockStepMinMs && retiredMs < limits.keyRetireMs;
  }

  async #generate(): Promise<StoredSigningKey> {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    if (!("privateKey" in pair)) throw new Error("Ed25519 gives a pair of keys");
    const jwk = JSON.stringify(await crypto.subtle.exportKey("jwk", pair.privateKey));
    const id = crypto.randomUUID();
    const { unitOfWork, clock } = this.#deps;
    return unitOfWork.run((tx) => {
      const now = clock();
      const query = "select id, retired_at retiredAt from signing_keys where retired_at is not null";
      for (const old of tx.all<{ id: string; retiredAt: number }>(query)) {
        if (!this.#isPublished(old.retiredAt)) tx.write("delete from signing_keys where id = ?", old.id);
      }
      tx.write("update signing_keys set retired_at = ? where retired_at is null", now);
      tx.write("insert into signing_keys (id, jwk, created_at) values (?, ?, ?)", id, jwk, now);
      return { id, jwk };
    });
  }
}

/** An Ed25519 private key (RFC 8037, section 2). */
const privateKey = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ kty: v.literal("OKP"), crv: v.literal("Ed25519"), x: v.string(), d: v.string() }),
);

/** @throws where the stored text is no private key */
export function parsePrivateKey(jwk: string): v.InferOutput<typeof privateKey> {
  return v.parse(privateKey, jwk);
}
