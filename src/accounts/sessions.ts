import { limits } from "../limits.ts";
import { fullAddress, type RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, type Failure, failure, textReply } from "../protocol/replies.ts";
import type { Caller, SessionRef } from "../shard-api/caller.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { SteadyClock } from "../storage/clock.ts";
import { steadyIsoTime } from "../storage/iso-time.ts";
import { logError } from "../storage/log.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { isSessionExpired, isTouchDue, sessionExpiresAt } from "./session-expiry.ts";
import type { SessionStore } from "./session-store.ts";
import type { StoredToken, TokenGrant, TokenStore } from "./token-store.ts";

/** An open session, or a token that is used as one. */
export interface Session {
  caller: Caller;
  /** By the steady clock; infinite for a token that does not expire. */
  expiresAt: number;
  /** What a token may do; null for a session, which may do everything. */
  grant: TokenGrant | null;
}

/** What is known of a session or a token. */
interface Known {
  accountId: number;
  /** Null: a token that was never used. */
  lastUsedAt: number | null;
  token: StoredToken | null;
}

export interface SessionsDeps {
  realm: RealmName;
  store: SessionStore;
  tokens: TokenStore;
  unitOfWork: UnitOfWork;
  clock: SteadyClock;
}

/**
 * The sessions and tokens of this shard's accounts, by the steady clock. A session ends 30 days after its last use; a token when it
 * expires or is revoked.
 */
export class Sessions {
  readonly #deps: SessionsDeps;
  /** Sessions that were found. Emptied whenever any session ends. */
  readonly #known = new BoundedCache<string, Known>(limits.sessionCacheMax);

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /** The session of a token, or why there is none. Writes its last use, at most once an hour. */
  authenticate(ref: SessionRef): Session | Failure {
    const known = this.#find(ref);
    const now = this.#deps.clock.now();
    if (!known || isEnded(known, now)) return failure("session-ended");
    if (known.lastUsedAt === null || isTouchDue(known.lastUsedAt, now)) this.#touch(ref, known, now);
    this.#known.set(ref.tokenDigest, known);
    return this.#toSession(ref, known);
  }

  /** The session of a token, also an expired one; this is no use of it. */
  find(ref: SessionRef): Session | null {
    const known = this.#find(ref);
    return known && this.#toSession(ref, known);
  }

  isExpired({ expiresAt }: Session): boolean {
    return expiresAt <= this.#deps.clock.now();
  }

  /** @returns when it expires, in ISO 8601 */
  open(tx: Transaction, accountId: number, tokenDigest: string): string {
    const now = this.#deps.clock.now();
    this.#deps.store.add(tx, accountId, tokenDigest, now);
    this.changed(tx, accountId);
    return this.#isoOf(sessionExpiresAt(now));
  }

  /** Ends the sessions of an account. @param ref the one that stays open; null: none */
  endOthers(tx: Transaction, accountId: number, ref: SessionRef | null): void {
    this.#deps.store.endAll(tx, accountId, ref?.tokenDigest ?? null);
    this.changed(tx, accountId);
  }

  /** Some sessions or tokens of an account may have ended. */
  changed(tx: Transaction, accountId: number): void {
    this.#known.clear();
    tx.emit({ type: "sessions-changed", accountId });
  }

  /** Answers `logout`. @param ref null: the caller has no session */
  async logout({ accountId }: Caller, ref: SessionRef | null, everywhere: boolean): Promise<Answer> {
    const { store, unitOfWork } = this.#deps;
    if (!everywhere && ref === null) return failure("no-session");
    return unitOfWork.run((tx) => {
      if (everywhere || ref === null) store.endAll(tx, accountId, null);
      else store.end(tx, ref.tokenDigest);
      this.changed(tx, accountId);
      return textReply(everywhere ? "logged-out-everywhere" : "logged-out");
    });
  }

  /** Answers `whoami`. @param expiresAt when the session ends; null: the caller has none */
  whoami(caller: Caller, expiresAt: number | null): Answer {
    const expires = expiresAt === null || expiresAt === Number.POSITIVE_INFINITY ? null : this.#isoOf(expiresAt);
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

  #find({ tokenDigest }: SessionRef): Known | null {
    const known = this.#known.get(tokenDigest);
    if (known) return known;
    const session = this.#deps.store.find(tokenDigest);
    if (session) return { ...session, token: null };
    const token = this.#deps.tokens.find(tokenDigest);
    return token && { accountId: token.accountId, lastUsedAt: token.lastUsedAt, token };
  }

  /** The token's digest covers the account's name, so the name of the reference is the session's. */
  #toSession({ account }: SessionRef, known: Known): Session {
    const { accountId, token } = known;
    const caller = { accountId, name: account, address: fullAddress(account, this.#deps.realm) };
    return { caller, expiresAt: endOf(known), grant: token && { scope: token.scope, sendTo: token.sendTo } };
  }

  /** No request waits for the write. If it fails, the next use writes. */
  #touch({ tokenDigest }: SessionRef, known: Known, now: number): void {
    const before = known.lastUsedAt;
    const store = known.token ? this.#deps.tokens : this.#deps.store;
    known.lastUsedAt = now;
    this.#deps.unitOfWork
      .run((tx) => store.touch(tx, tokenDigest, now))
      .catch((error) => {
        known.lastUsedAt = before;
        logError("session-use-not-written", error);
      });
  }

  #isoOf(time: number): string {
    return steadyIsoTime(this.#deps.clock, time);
  }
}

/** By the steady clock; infinite: never. */
function endOf({ lastUsedAt, token }: Known): number {
  if (token) return token.expiresAt ?? Number.POSITIVE_INFINITY;
  return sessionExpiresAt(lastUsedAt ?? 0);
}

/** A token that was made far ahead of the clock may be of any age, as a session is. */
function isEnded(known: Known, now: number): boolean {
  const { lastUsedAt, token } = known;
  if (!token) return isSessionExpired(lastUsedAt ?? 0, now);
  return endOf(known) <= now || token.createdAt - now > limits.clockGapMaxMs;
}
