import { timingSafeEqual } from "node:crypto";
import type { DerivedKey, HashPurpose, PasswordHashing } from "../hasher/scrypt.ts";
import { limits } from "../limits.ts";
import { fullAddress, type Name, type RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, type Failure, failure, retryableFailure, textReply } from "../protocol/replies.ts";
import type { Caller, SessionRef } from "../shard-api/caller.ts";
import type { Clock } from "../storage/clock.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { AccountStore, StoredAccount } from "./account-store.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import { believableThrottle, type LoginThrottle, secondsLocked, throttleAfterFailure } from "./login-throttle.ts";
import { formatVerifier, hasOutdatedCost, newSalt, type PasswordVerifier, parseVerifier } from "./password-verifier.ts";
import type { ResetCode, ResetCodes } from "./reset-codes.ts";
import { newToken, tokenDigestOf } from "./session-token.ts";
import type { Sessions } from "./sessions.ts";
import type { TokenStore } from "./token-store.ts";
import type { UnknownNames } from "./unknown-names.ts";

export interface AccountsDeps {
  realm: RealmName;
  store: AccountStore;
  sessions: Sessions;
  unitOfWork: UnitOfWork;
  hashing: PasswordHashing;
  tokens: TokenStore;
  resetCodes: ResetCodes;
  unknownNames: UnknownNames;
  /** Whether an unknown name is answered as a known one with a wrong password, in the same time and with the same throttle. */
  hidesNames: boolean;
  clock: Clock;
  monotonic: Clock;
}

/** What a password is compared with. Nothing can be right for an account that does not exist. */
type LoginTarget = LoginThrottle & { name: Name; account: StoredAccount | null; verifier: PasswordVerifier };

/** Registration, login and password changes of this shard's accounts. Attempts on one name run one by one. */
export class Accounts {
  readonly #deps: AccountsDeps;
  readonly #attempts: KeyedMutex;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
    this.#attempts = new KeyedMutex({
      maxQueued: limits.loginAttemptsQueuedPerName,
      maxWaitMs: limits.loginAttemptWaitMs,
      clock: deps.monotonic,
    });
  }

  /**
   * Of many registrations of one name, one hashes its password; the others find the name taken.
   *
   * @param permit asked last, so that a registration that fails uses up no invitation. @returns null, or why it is refused
   */
  register(name: Name, password: string, permit: () => Promise<Failure | null>): Promise<Answer> {
    const { clock, store, unitOfWork, unknownNames } = this.#deps;
    return this.#oneByOne(name, async () => {
      if (store.find(name) || store.isReserved(name, clock())) return failure("name-taken", { name });
      const verifier = await this.#makeVerifier("registration", name, password);
      if (typeof verifier !== "string") return verifier;
      const refused = await permit();
      if (refused) return refused;
      return unitOfWork.run((tx) => {
        store.add(tx, name, verifier, clock());
        unknownNames.forget(tx, name);
        return textReply("registered", { name });
      });
    });
  }

  /** Makes the code with which the account's owner can set a new password. @returns null: there is no such account */
  async createResetCode(name: Name): Promise<ResetCode | null> {
    const { resetCodes, store, unitOfWork } = this.#deps;
    const account = store.find(name);
    return account && unitOfWork.run((tx) => resetCodes.create(tx, account.id));
  }

  /** Sets a new password by a code, and ends all sessions and tokens. An unknown name is answered as a wrong code. */
  resetPassword(name: Name, password: string, codeDigest: string): Promise<Answer> {
    const { resetCodes, sessions, store, tokens, unitOfWork } = this.#deps;
    return this.#oneByOne<Answer>(name, async () => {
      const account = store.find(name);
      if (!account || !resetCodes.isValid(account.id, codeDigest)) return failure("bad-code");
      const verifier = await this.#makeVerifier("change", name, password);
      if (typeof verifier !== "string") return verifier;
      return unitOfWork.run((tx) => {
        // The operator may have made another code meanwhile.
        if (!resetCodes.isValid(account.id, codeDigest)) return failure("bad-code");
        resetCodes.forget(tx, account.id);
        store.setVerifier(tx, account.id, verifier);
        store.setThrottle(tx, account.id, { failedLogins: 0, lockedUntil: null });
        tokens.revokeAll(tx, account.id);
        sessions.endOthers(tx, account.id, null);
        return textReply("password-reset");
      });
    });
  }

  /** Checks the password of an account before something that its owner alone may do. */
  async checkOwnPassword(name: Name, password: string): Promise<StoredAccount | Failure> {
    const account = await this.#oneByOne(name, () => this.#checkPassword("change", name, password));
    if (!("error" in account) || account.error !== "wrong-credentials") return account;
    return { ...account, error: "wrong-password" };
  }

  auth(name: Name, password: string): Promise<Answer> {
    const { realm, sessions, unitOfWork } = this.#deps;
    return this.#oneByOne(name, async () => {
      const account = await this.#checkPassword("login", name, password);
      if ("error" in account) return account;
      const token = newToken(name);
      return unitOfWork.run((tx) => {
        const expires = sessions.open(tx, account.id, tokenDigestOf(token));
        return dataReply({ token, user: fullAddress(name, realm), expires });
      });
    });
  }

  /** Whether no attempt on a name runs or waits, so that all failures are counted. */
  isIdle(name: Name): boolean {
    return this.#attempts.isIdle(name);
  }

  /**
   * Checks a password as a login does, and opens no session.
   *
   * @param isKnown says of an account that is not locked that the password was checked before; then it is not hashed
   */
  verify(name: Name, password: string, isKnown: (account: StoredAccount) => boolean): Promise<StoredAccount | Failure> {
    return this.#oneByOne(name, () => this.#checkPassword("login", name, password, isKnown));
  }

  /** Changes the password, and ends all sessions but the caller's. @param ref null: the caller has none */
  passwd(caller: Caller, ref: SessionRef | null, oldPassword: string, newPassword: string): Promise<Answer> {
    const { sessions, store, unitOfWork } = this.#deps;
    return this.#oneByOne<Answer>(caller.name, async () => {
      const account = await this.#checkPassword("change", caller.name, oldPassword);
      // Not 401: the session is still good, and it is the old password that is wrong.
      if ("error" in account) {
        return account.error === "wrong-credentials" ? { ...account, error: "wrong-old-password" } : account;
      }
      const verifier = await this.#makeVerifier("change", caller.name, newPassword);
      if (typeof verifier !== "string") return verifier;
      return unitOfWork.run((tx) => {
        store.setVerifier(tx, account.id, verifier);
        sessions.endOthers(tx, account.id, ref);
        return textReply("password-changed");
      });
    });
  }

  async #oneByOne<T>(name: Name, job: () => Promise<T>): Promise<T | Failure> {
    return (await this.#attempts.run(name, job)) ?? retryableFailure("busy", limits.loginAttemptsRetrySeconds);
  }

  /** Compares a password with the stored one, and keeps the throttle. @returns the account, or why it is refused */
  async #checkPassword(
    purpose: HashPurpose,
    name: Name,
    password: string,
    isKnown: (account: StoredAccount) => boolean = () => false,
  ): Promise<StoredAccount | Failure> {
    const { clock, hashing, hidesNames } = this.#deps;
    const target = this.#targetOf(name);
    const { account, verifier } = target;
    if (!account && !hidesNames) return failure("wrong-credentials");
    const throttle = believableThrottle(target, clock());
    if (throttle !== target) await this.#setThrottle(target, throttle);
    const locked = secondsLocked(throttle, clock());
    if (locked > 0) return retryableFailure("too-many-attempts", locked);
    if (account && isKnown(account)) return account;

    const derived = await hashing.derive({ purpose, name, password, salt: verifier.salt, cost: verifier.cost });
    if (!derived.ok) return hashingBusy(derived);
    // The comparison is made for an unknown name too.
    if (!isEqual(derived.key, verifier.key) || !account) return this.#wrongPassword(target);
    return this.#rightPassword(account, purpose, password);
  }

  async #rightPassword(
    account: StoredAccount,
    purpose: HashPurpose,
    password: string,
  ): Promise<StoredAccount | Failure> {
    const { store, unitOfWork } = this.#deps;
    const isOutdated = hasOutdatedCost(parseVerifier(account.verifier));
    const renewed = isOutdated ? await this.#makeVerifier(purpose, account.name, password) : null;
    if (account.failedLogins > 0 || typeof renewed === "string") {
      await unitOfWork.run((tx) => {
        if (account.failedLogins > 0) store.setThrottle(tx, account.id, { failedLogins: 0, lockedUntil: null });
        if (typeof renewed === "string") store.setVerifier(tx, account.id, renewed);
      });
    }
    return { ...account, verifier: typeof renewed === "string" ? renewed : account.verifier };
  }

  async #wrongPassword(target: LoginTarget): Promise<Failure> {
    const now = this.#deps.clock();
    const throttle = throttleAfterFailure(target, now);
    await this.#setThrottle(target, throttle);
    return failure("wrong-credentials", {}, secondsLocked(throttle, now) || undefined);
  }

  /** For an unknown name, a verifier of today's cost that no password has. */
  #targetOf(name: Name): LoginTarget {
    const { store, unknownNames } = this.#deps;
    const account = store.find(name);
    if (!account) {
      const verifier = { cost: limits.scryptCost, salt: newSalt(), key: new Uint8Array() };
      return { name, account, verifier, ...unknownNames.throttleOf(name) };
    }
    const { failedLogins, lockedUntil } = account;
    return { name, account, verifier: parseVerifier(account.verifier), failedLogins, lockedUntil };
  }

  #setThrottle({ name, account }: LoginTarget, throttle: LoginThrottle): Promise<void> {
    const { store, unitOfWork, unknownNames } = this.#deps;
    return unitOfWork.run((tx) => {
      if (account) store.setThrottle(tx, account.id, throttle);
      else unknownNames.setThrottle(tx, name, throttle);
    });
  }

  async #makeVerifier(purpose: HashPurpose, name: Name, password: string): Promise<string | Failure> {
    const salt = newSalt();
    const cost = limits.scryptCost;
    const derived = await this.#deps.hashing.derive({ purpose, name, password, salt, cost });
    return derived.ok ? formatVerifier({ cost, salt, key: derived.key }) : hashingBusy(derived);
  }
}

function hashingBusy({ retryAfterSeconds }: DerivedKey & { ok: false }): Failure {
  return retryableFailure("busy", retryAfterSeconds);
}

/** In constant time. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
