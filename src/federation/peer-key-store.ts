import { limits } from "../limits.ts";
import { federationPaths, type PublicKey, parseWellKnown, type WellKnown } from "../protocol/federation-wire.ts";
import type { RealmName } from "../protocol/names.ts";
import type { Clock } from "../storage/clock.ts";
import { first, type Sql } from "../storage/sql.ts";
import { ask, type Outbound } from "./outbound-fetch.ts";
import { type Federation, originOf } from "./peer-policy.ts";
import { type Bucket, type BucketSize, fullBucket, take } from "./token-bucket.ts";

/** What came of asking a realm who it is. */
export type Introduction = { ok: true; wellKnown: WellKnown } | { ok: false; problem: string };

/** The keys of other realms, as they published them. Lives in the realm's first object. */
export class Directory {
  readonly #sql: Sql;
  readonly #write: <T>(work: () => T) => Promise<T>;
  readonly #clock: Clock;
  readonly #federation: Federation;
  readonly #outbound: Outbound;
  /** Memory only: an eviction fills them. */
  readonly #questions: Record<"strangers" | "acquaintances", Bucket | null> = { strangers: null, acquaintances: null };
  readonly #asking = new Map<RealmName, Promise<void>>();

  constructor(
    sql: Sql,
    write: <T>(work: () => T) => Promise<T>,
    clock: Clock,
    federation: Federation,
    outbound: Outbound,
  ) {
    this.#sql = sql;
    this.#write = write;
    this.#clock = clock;
    this.#federation = federation;
    this.#outbound = outbound;
  }

  /** A peer's key. A key or peer that is not known is asked for, at most once a minute. */
  async find(realm: RealmName, id: string): Promise<PublicKey | "unknown-peer" | "unknown-key"> {
    if (!originOf(this.#federation, realm)) return "unknown-peer";
    return this.#stored(realm, id) ?? (await this.#refreshed(realm, id)) ?? "unknown-key";
  }

  #stored(realm: RealmName, id: string): PublicKey | null {
    const row = first<{ keys: string }>(
      this.#sql,
      "select keys from peers where realm = ? and fetched > ?",
      realm,
      this.#clock() - limits.peerKeysFreshMs,
    );
    const keys: PublicKey[] = row ? JSON.parse(row.keys) : [];
    return keys.find((key) => key.kid === id) ?? null;
  }

  async #refreshed(realm: RealmName, id: string): Promise<PublicKey | null> {
    const asking = this.#asking.get(realm) ?? this.#refresh(realm).finally(() => this.#asking.delete(realm));
    this.#asking.set(realm, asking);
    await asking;
    return this.#stored(realm, id);
  }

  async #refresh(realm: RealmName): Promise<void> {
    const now = this.#clock();
    const asked = first<{ asked: number }>(this.#sql, "select asked from peers where realm = ?", realm)?.asked ?? 0;
    if (now - asked < limits.peerKeysAskMs || !this.#mayAsk(realm, asked, now)) return;
    // Written before the question: a question that kills the object shall not be asked again at once.
    await this.#write(() => {
      // Strangers that were named once shall not fill the table.
      this.#sql.exec(
        "delete from peers where asked < ? or (asked < ? and keys = '[]')",
        now - limits.unusedPeerKeysMs,
        now - limits.peerKeysFreshMs,
      );
      this.#sql.exec(
        `insert into peers (realm, keys, fetched, asked) values (?, '[]', 0, ?)
         on conflict (realm) do update set asked = excluded.asked`,
        realm,
        now,
      );
    });
    const introduction = await this.introduction(realm);
    if (!introduction.ok) {
      console.warn({ event: "peer-keys-unread", peer: realm, problem: introduction.problem });
      return;
    }
    const keys = JSON.stringify(introduction.wellKnown.keys);
    await this.#write(() => this.#sql.exec("update peers set keys = ?, fetched = ? where realm = ?", keys, now, realm));
  }

  /**
   * So many are asked a minute, whoever was named; a configured peer is none of them. Realms whose keys were read before have
   * questions of their own, and one a day in any case: whoever names others does not keep them out.
   */
  #mayAsk(realm: RealmName, asked: number, now: number): boolean {
    if (this.#federation.peers.has(realm)) return true;
    const isKnown = first(this.#sql, "select 1 from peers where realm = ? and keys <> '[]'", realm) !== null;
    if (isKnown && now - asked >= limits.peerKeysFreshMs) return true;
    const whose = isKnown ? "acquaintances" : "strangers";
    const { bucket, waitSeconds } = take(this.#questions[whose] ?? fullBucket(questions, now), questions, 1, now);
    this.#questions[whose] = bucket;
    return waitSeconds === 0;
  }

  /** Asks a realm who it is: `GET /.well-known/ranah`. Whoever answers by another name is not believed. */
  async introduction(realm: RealmName): Promise<Introduction> {
    const origin = originOf(this.#federation, realm);
    if (!origin) return { ok: false, problem: "no-route-to-realm" };
    const answer = await ask(
      this.#outbound,
      new Request(new URL(federationPaths.wellKnown, origin)),
      limits.wellKnownMaxBytes,
    );
    if (!answer.ok) return answer;
    if (answer.status !== 200) return { ok: false, problem: `status-${answer.status}` };
    const wellKnown = parseWellKnown(answer.body);
    if (!wellKnown) return { ok: false, problem: "invalid-well-known" };
    if (wellKnown.realm !== realm) return { ok: false, problem: "realm-name-mismatch" };
    const elsewhere = Object.values(wellKnown.endpoints).some((path) => !staysAt(origin, path));
    return elsewhere ? { ok: false, problem: "endpoint-origin-mismatch" } : { ok: true, wellKnown };
  }
}

const questions: BucketSize = {
  ratePerSecond: limits.keyFetchesPerMinute / 60,
  burst: limits.keyFetchesPerMinute,
};

function staysAt(origin: URL, path: string): boolean {
  return URL.canParse(path, origin) && new URL(path, origin).origin === origin.origin;
}
