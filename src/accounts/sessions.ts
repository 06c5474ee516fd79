import { limits } from "../limits.ts";
import { fullAddress, type RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, type Failure, failure, textReply } from "../protocol/replies.ts";
import type { Caller, SessionRef } from "../shard-api/caller.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { SteadyClock } from "../storage/clock.ts";
import { logError } from "../storage/log.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { isSessionExpired, isTouchDue, sessionExpiresAt } from "./session-expiry.ts";
import type { SessionStore, StoredSession } from "./session-store.ts";

/** An open session. */
export interface Session {
  caller: Caller;
  /** By the steady clock. */
  expiresAt: number;
}

export interface SessionsDeps {
  realm: RealmName;
  store: SessionStore;
  unitOfWork: UnitOfWork;
  clock: SteadyClock;
}

/** The sessions of this shard's accounts. A session ends 30 days after its last use, by the steady clock. */
export class Sessions {
  readonly #deps: SessionsDeps;
  /** Sessions that were found. Emptied whenever any session ends. */
  readonly #known = new BoundedCache<string, StoredSession>(limits.sessionCacheMax);

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /** The session of a token, or why there is none. Writes its last use, at most once an hour. */
  authenticate(ref: SessionRef): Session | Failure {
    const stored = this.#find(ref);
    const now = this.#deps.clock.now();
    if (!stored || isSessionExpired(stored.lastUsedAt, now)) return failure("session-ended");
    if (isTouchDue(stored.lastUsedAt, now)) this.#touch(ref, stored, now);
    this.#known.set(ref.tokenDigest, stored);
    return this.#toSession(ref, stored);
  }

  /** The session of a token, also an expired one; this is no use of it. */
  find(ref: SessionRef): Session | null {
    const stored = this.#find(ref);
    return stored && this.#toSession(ref, stored);
  }

  isExpired({ expiresAt }: Session): boolean {
    return expiresAt <= this.#deps.clock.now();
  }

  /** @returns when it expires, in ISO 8601 */
  open(tx: Transaction, accountId: number, tokenDigest: string): string {
    const now = this.#deps.clock.now();
    this.#deps.store.add(tx, accountId, tokenDigest, now);
    this.#ended(tx, accountId);
    return this.#isoOf(sessionExpiresAt(now));
  }

  /** Ends the sessions of an account. @param ref the one that stays open; null: none */
  endOthers(tx: Transaction, accountId: number, ref: SessionRef | null): void {
    this.#deps.store.endAll(tx, accountId, ref?.tokenDigest ?? null);
    this.#ended(tx, accountId);
  }

  /** Answers `logout`. @param ref null: the caller has no session */
  async logout({ accountId }: Caller, ref: SessionRef | null, everywhere: boolean): Promise<Answer> {
    const { store, unitOfWork } = this.#deps;
    if (!everywhere && ref === null) return failure("no-session");
    return unitOfWork.run((tx) => {
      if (everywhere || ref === null) store.endAll(tx, accountId, null);
      else store.end(tx, ref.tokenDigest);
      this.#ended(tx, accountId);
      return textReply(everywhere ? "logged-out-everywhere" : "logged-out");
    });
  }

  /** Answers `whoami`. @param expiresAt when the session ends; null: the caller has none */
  whoami(caller: Caller, expiresAt: number | null): Answer {
    const expires = expiresAt === null ? null : this.#isoOf(expiresAt);
    return dataReply({ user: caller.address, realm: this.#deps.realm, expires });
  }

  /** Answers `sessions`. @param ref the caller's own; null: the caller has none */
  list(caller: Caller, ref: SessionRef | null): Answer {
    const { clock, store } = this.#deps;
    const now = clock.now();
    return dataReply(
      store
        .list(caller.accountId)
        .filter(({ lastUsedAt }) => !isSessionExpired(lastUsedAt, now))
        .map(({ tokenDigest, createdAt, lastUsedAt }) => ({
          created: this.#isoOf(createdAt),
          used: this.#isoOf(lastUsedAt),
          expires: this.#isoOf(sessionExpiresAt(lastUsedAt)),
          current: tokenDigest === ref?.tokenDigest,
        })),
    );
  }

  #find({ tokenDigest }: SessionRef): StoredSession | null {
    return this.#known.get(tokenDigest) ?? this.#deps.store.find(tokenDigest);
  }

  /** The token's digest covers the account's name, so the name of the reference is the session's. */
  #toSession({ account }: SessionRef, { accountId, lastUsedAt }: StoredSession): Session {
    const caller = { accountId, name: account, address: fullAddress(account, this.#deps.realm) };
    return { caller, expiresAt: sessionExpiresAt(lastUsedAt) };
  }

  /** No request waits for the write. If it fails, the next use writes. */
  #touch({ tokenDigest }: SessionRef, stored: StoredSession, now: number): void {
    const before = stored.lastUsedAt;
    stored.lastUsedAt = now;
    this.#deps.unitOfWork
      .run((tx) => this.#deps.store.touch(tx, tokenDigest, now))
      .catch((error) => {
        stored.lastUsedAt = before;
        logError("session-use-not-written", error);
      });
  }

  #ended(tx: Transaction, accountId: number): void {
    this.#known.clear();
    tx.emit({ type: "sessions-changed", accountId });
  }

  #isoOf(time: number): string {
    return new Date(this.#deps.clock.wallTimeOf(time)).toISOString();
  }
}
