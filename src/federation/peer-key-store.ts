import * as v from "valibot";
import { type FederationPolicy, peerOrigin } from "../config/federation-policy.ts";
import { limits } from "../limits.ts";
import { type PublicKey, publicKeySchema } from "../protocol/federation-wire.ts";
import type { RealmName } from "../protocol/names.ts";
import type { PeerKeyLookup } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";
import { logWarning } from "../storage/log.ts";
import type { Reader } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { Discovery } from "./discovery.ts";
import { KeyFetchBudget } from "./key-fetch-budget.ts";
import type { PeerProblem } from "./peer-problems.ts";

export interface PeerKeyStoreDeps {
  database: Reader;
  unitOfWork: Pick<UnitOfWork, "run">;
  discovery: Pick<Discovery, "fetchWellKnown">;
  policy: FederationPolicy;
  /** The steady one: no step makes stored keys fresh again. */
  clock: Clock;
}

/** The public keys of other realms, as they published them (table `peer_keys`, in shard 0). */
export class PeerKeyStore {
  readonly #deps: PeerKeyStoreDeps;
  readonly #fetchBudget = new KeyFetchBudget();
  /** Requests for the keys of a realm share one fetch. */
  readonly #fetches = new Map<RealmName, Promise<KeyFetch>>();

  constructor(deps: PeerKeyStoreDeps) {
    this.#deps = deps;
  }

  /**
   * A key that is not stored is fetched, at most once a minute for each realm.
   *
   * @param client the address of the request that needs it; null: not known
   */
  async find(realm: RealmName, keyId: string, client: string | null): Promise<PeerKeyLookup> {
    if (!peerOrigin(this.#deps.policy, realm)) return { kind: "unknown-peer" };
    const stored = this.#findStored(realm, keyId);
    if (stored) return { kind: "found", key: stored };
    const fetch = this.#fetches.get(realm) ?? this.#fetchKeys(realm, client).finally(() => this.#fetches.delete(realm));
    this.#fetches.set(realm, fetch);
    const fetched = await fetch;
    const key = this.#findStored(realm, keyId);
    if (key) return { kind: "found", key };
    return fetched.ok ? { kind: "unknown-key" } : { kind: "unavailable", problem: fetched.problem };
  }

  #findStored(realm: RealmName, keyId: string): PublicKey | undefined {
    const now = this.#deps.clock();
    const row = this.#deps.database.first<{ keys: string }>(
      "select keys from peer_keys where realm = ? and fetched_at > ? and fetched_at <= ?",
      realm,
      now - limits.peerKeysFreshMs,
      now,
    );
    return row ? v.parse(storedKeys, row.keys).find((key) => key.kid === keyId) : undefined;
  }

  /** @returns ok if the realm's well-known was read now or within the last minute */
  async #fetchKeys(realm: RealmName, client: string | null): Promise<KeyFetch> {
    const { database, unitOfWork, discovery, clock } = this.#deps;
    const now = clock();
    const row = database.first<PeerKeyRow>(
      "select keys, fetched_at as fetchedAt, asked_at as askedAt from peer_keys where realm = ?",
      realm,
    );
    if (row && elapsedMs(row.askedAt, now) < limits.peerKeysFetchMinIntervalMs) {
      const isRead = row.fetchedAt !== null && row.fetchedAt >= row.askedAt && row.fetchedAt <= now;
      return isRead ? { ok: true } : { ok: false, problem: "key-fetch-rate-limited" };
    }
    if (!this.#mayFetch(realm, client, row, now)) return { ok: false, problem: "key-fetch-rate-limited" };
    // Committed before the fetch: a fetch that crashes the shard is not repeated at once.
    await unitOfWork.run((tx) => {
      // Realms that were named once, and have no keys, do not fill the table.
      tx.write(
        "delete from peer_keys where asked_at < ? or (asked_at < ? and keys = '[]')",
        now - limits.unusedPeerKeysMs,
        now - limits.peerKeysFreshMs,
      );
      tx.write(
        `insert into peer_keys (realm, keys, fetched_at, asked_at) values (?, '[]', null, ?)
         on conflict (realm) do update set asked_at = excluded.asked_at`,
        realm,
        now,
      );
    });
    const result = await discovery.fetchWellKnown(realm);
    if (!result.ok) {
      logWarning("peer-keys-fetch-failed", { peer: realm, problem: result.problem });
      return result;
    }
    const keys = JSON.stringify(result.wellKnown.keys);
    await unitOfWork.run((tx) => {
      tx.write("update peer_keys set keys = ?, fetched_at = ? where realm = ?", keys, now, realm);
    });
    return { ok: true };
  }

  /** Configured peers have no rate. A realm whose keys were read before has one fetch a day in any case. */
  #mayFetch(realm: RealmName, client: string | null, row: PeerKeyRow | null, now: number): boolean {
    if (this.#deps.policy.peers.has(realm)) return true;
    const isKnown = row !== null && row.keys !== "[]";
    if (isKnown && elapsedMs(row.askedAt, now) >= limits.peerKeysFreshMs) return true;
    return this.#fetchBudget.take({ realm, isKnown, client }, now);
  }
}

type KeyFetch = { ok: true } | { ok: false; problem: PeerProblem };

interface PeerKeyRow {
  /** A JSON array; `[]` until the keys were read. */
  keys: string;
  /** By the steady clock; null: the keys were never read. */
  fetchedAt: number | null;
  askedAt: number;
}

const storedKeys = v.pipe(v.string(), v.parseJson(), v.array(publicKeySchema));

/** A stored time that lies ahead may be any time ago: a crash can lose the last step of the clock. It is taken as long past. */
function elapsedMs(time: number, now: number): number {
  return time > now ? Number.POSITIVE_INFINITY : now - time;
}
