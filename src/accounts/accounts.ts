import type { Cost, Derived, Lane } from "../hasher/scrypt.ts";
import { limits } from "../limits.ts";
import type { MessageStore } from "../messaging/message-store.ts";
import { fullAddress, type Name, type RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, type Failure, failure, retryableFailure, textReply } from "../protocol/replies.ts";
import type { Clock } from "../storage/clock.ts";
import type { Sql } from "../storage/sql.ts";
import { type Account, AccountStore, type Session } from "./account-store.ts";
import { Turns } from "./keyed-mutex.ts";
import { afterFailure, expiryOf, isExpired, isTouchDue, secondsLocked } from "./login-throttle.ts";
import { formatVerifier, isOutdated, newSalt, parseVerifier } from "./password-verifier.ts";
import { digestOf, newToken, type SessionClaim } from "./session-token.ts";

/** What the accounts need of the house around them. */
export interface Surroundings {
  realm: RealmName;
  clock: Clock;
  /** Group commit: every write goes through it. */
  write<T>(work: () => T): Promise<T>;
  /** Derives a key away from the realm's own thread. */
  derive(lane: Lane, password: string, salt: Uint8Array, cost: Cost): Promise<Derived>;
  /** In constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Sessions of an account have ended. To be called after the commit that ended them. */
  sessionsEnded(account: number): void;
}

/** The accounts of this shard: registration, login and sessions. */
export class Accounts {
  readonly #store: AccountStore;
  readonly #mailboxes: MessageStore;
  readonly #around: Surroundings;
  readonly #turns = new Turns(limits.loginAttemptsQueuedPerName);
  /** Sessions that were found, as a cache: dropped whole whenever any session ends. */
  readonly #known = new Map<string, Session>();

  constructor(sql: Sql, mailboxes: MessageStore, around: Surroundings) {
    this.#store = new AccountStore(sql);
    this.#mailboxes = mailboxes;
    this.#around = around;
  }

  /** Attempts on one name go one by one: of a hundred registrations one hashes, and the others find the name taken. */
  register(name: Name, password: string): Promise<Answer> {
    return this.#inTurn(name, async () => {
      if (this.#store.find(name)) return failure("name-taken", { name });
      const verifier = await this.#verifier("registration", password);
      if (typeof verifier !== "string") return verifier;
      return this.#around.write(() => {
        this.#store.add(this.#mailboxes.addLog("mailbox", name), verifier, this.#around.clock());
        return textReply("registered", { name });
      });
    });
  }

  auth(name: Name, password: string): Promise<Answer> {
    return this.#inTurn(name, async () => {
      const refused = await this.#refusal("login", name, password);
      if (refused) return refused;
      const token = newToken(name);
      const digest = digestOf(token);
      const account = this.#store.find(name);
      if (!account) return failure("wrong-credentials");
      return this.#endSessions(account.id, () => {
        const now = this.#around.clock();
        this.#store.addSession(account.id, digest, now);
        return dataReply({ token, user: this.#address(name), expires: expiryOf(now) });
      });
    });
  }

  passwd(session: Session, claim: SessionClaim, old: string, password: string): Promise<Answer> {
    const { id, name } = session.account;
    return this.#inTurn(name, async () => {
      const refused = await this.#refusal("change", name, old);
      // Not 401: the session is as good as before, it is the old password that is wrong.
      if (refused?.error === "wrong-credentials") return { ...refused, error: "wrong-old-password" };
      if (refused) return refused;
      const verifier = await this.#verifier("change", password);
      if (typeof verifier !== "string") return verifier;
      return this.#endSessions(id, () => {
        this.#store.setVerifier(id, verifier);
        this.#store.endSessions(id, claim.digest);
        return textReply("password-changed");
      });
    });
  }

  /** The session of a claim, whether it has expired or not; looking is no use of it. */
  find(claim: SessionClaim): Session | null {
    return this.#known.get(claim.digest) ?? this.#store.findSession(claim.digest);
  }

  /** Whose session this is, or why it is nobody's. Notes its use, at most once an hour. */
  authenticate(claim: SessionClaim): Session | Failure {
    const session = this.find(claim);
    const now = this.#around.clock();
    if (!session || isExpired(session.used, now)) return failure("session-ended");
    if (isTouchDue(session.used, now)) {
      const before = session.used;
      session.used = now;
      // Nobody waits for it: should it fail, the next use writes it.
      this.#around
        .write(() => this.#store.touch(claim.digest, now))
        .catch(() => {
          session.used = before;
        });
    }
    if (this.#known.size >= limits.sessionCacheMax) this.#known.clear();
    this.#known.set(claim.digest, session);
    return session;
  }

  whoami(session: Session): Answer {
    return dataReply({
      user: this.#address(session.account.name),
      realm: this.#around.realm,
      expires: expiryOf(session.used),
    });
  }

  sessions(session: Session, claim: SessionClaim): Answer {
    const now = this.#around.clock();
    return dataReply(
      this.#store
        .sessionsOf(session.account.id)
        .filter(({ used }) => !isExpired(used, now))
        .map(({ digest, created, used }) => ({
          created: new Date(created).toISOString(),
          used: new Date(used).toISOString(),
          expires: expiryOf(used),
          current: digest === claim.digest,
        })),
    );
  }

  logout(session: Session, claim: SessionClaim, everywhere: boolean): Promise<Answer> {
    return this.#endSessions(session.account.id, () => {
      if (everywhere) this.#store.endSessions(session.account.id, null);
      else this.#store.endSession(claim.digest);
      return textReply(everywhere ? "logged-out-everywhere" : "logged-out");
    });
  }

  /** A write that may end sessions of an account: the cache forgets them, and their sockets hear of it. */
  async #endSessions(account: number, work: () => Answer): Promise<Answer> {
    const answer = await this.#around.write(() => {
      this.#known.clear();
      return work();
    });
    this.#around.sessionsEnded(account);
    return answer;
  }

  async #inTurn(name: Name, work: () => Promise<Answer>): Promise<Answer> {
    return (await this.#turns.take(name, work)) ?? retryableFailure("busy", limits.loginAttemptsRetrySeconds);
  }

  /** Compares a password with the stored one and keeps the throttle. @returns null where it is right */
  async #refusal(lane: Lane, name: Name, password: string): Promise<Failure | null> {
    const account = this.#store.find(name);
    if (!account) return failure("wrong-credentials");
    const locked = secondsLocked(account, this.#around.clock());
    if (locked > 0) return retryableFailure("too-many-attempts", locked);

    const verifier = parseVerifier(account.verifier);
    const derived = await this.#around.derive(lane, password, verifier.salt, verifier.cost);
    if (!derived.ok) return retryableFailure("busy", derived.retryAfter);
    if (!this.#around.equal(derived.key, verifier.key)) return this.#wrong(account);

    const renewed = isOutdated(verifier) ? await this.#verifier(lane, password) : null;
    if (account.failures > 0 || typeof renewed === "string") {
      await this.#around.write(() => {
        if (account.failures > 0) this.#store.setThrottle(account.id, { failures: 0, lockedUntil: 0 });
        if (typeof renewed === "string") this.#store.setVerifier(account.id, renewed);
      });
    }
    return null;
  }

  async #wrong(account: Account & { failures: number; lockedUntil: number }): Promise<Failure> {
    const now = this.#around.clock();
    const throttle = afterFailure(account, now);
    await this.#around.write(() => this.#store.setThrottle(account.id, throttle));
    return failure("wrong-credentials", {}, secondsLocked(throttle, now) || undefined);
  }

  async #verifier(lane: Lane, password: string): Promise<string | Failure> {
    const salt = newSalt();
    const cost = limits.scryptCost;
    const derived = await this.#around.derive(lane, password, salt, cost);
    return derived.ok ? formatVerifier({ cost, salt, key: derived.key }) : retryableFailure("busy", derived.retryAfter);
  }

  #address(name: Name): string {
    return fullAddress(name, this.#around.realm);
  }
}
