import { createHmac, timingSafeEqual } from "node:crypto";
import { limits } from "../limits.ts";
import { fullAddress, type Name, type RealmName } from "../protocol/names.ts";
import type { Failure } from "../protocol/replies.ts";
import type { Caller, NameAndPassword } from "../shard-api/caller.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { Clock } from "../storage/clock.ts";
import type { AccountStore, StoredAccount } from "./account-store.ts";
import type { Accounts } from "./accounts.ts";
import { secondsLocked } from "./login-throttle.ts";

/** Who sends a request with HTTP Basic. There is no session. */
export interface PasswordCaller {
  caller: Caller;
  expiresAt: null;
  /** What the password was checked against. */
  verifier: string;
}

/** A password that was found right, in memory only. */
interface RememberedPassword {
  digest: Uint8Array;
  verifier: string;
}

export interface PasswordLoginsDeps {
  realm: RealmName;
  store: AccountStore;
  accounts: Accounts;
  clock: Clock;
}

/**
 * Authenticates requests that carry name and password (HTTP Basic). A password that was found right is remembered as a digest under
 * a random key, so that a script pays for one hash and not for one a request. The digest counts only with the stored verifier that
 * it was checked against: a changed password or a removed account ends it at once.
 *
 * The login throttle must not be weakened: while it locks the account, or while any attempt on the name is not decided, a remembered
 * password waits its turn as a new one does. Otherwise many guesses at the same moment would find the right one. A remembered
 * password does not end a series of wrong ones either.
 */
export class PasswordLogins {
  readonly #deps: PasswordLoginsDeps;
  readonly #key = crypto.getRandomValues(new Uint8Array(32));
  readonly #remembered = new BoundedCache<Name, RememberedPassword>(limits.rememberedPasswordsMax);

  constructor(deps: PasswordLoginsDeps) {
    this.#deps = deps;
  }

  /** @returns who sends the request, or why it is refused */
  async authenticate(login: NameAndPassword): Promise<PasswordCaller | Failure> {
    const { accounts, clock, store } = this.#deps;
    const digest = this.#digestOf(login);
    const isKnown = (account: StoredAccount) => this.#isRemembered(account, digest);
    if (accounts.isIdle(login.account)) {
      const account = store.find(login.account);
      if (account && secondsLocked(account, clock()) === 0 && isKnown(account)) return this.#callerOf(account);
    }
    // Nothing is awaited before a wrong password enters the queue of its name: the next request finds the name busy.
    const account = await accounts.verify(login.account, login.password, isKnown);
    if ("error" in account) return account;
    this.#remembered.set(account.name, { digest, verifier: account.verifier });
    return this.#callerOf(account);
  }

  /** Whether the account still exists with the same password. */
  isStillRight({ caller, verifier }: PasswordCaller): boolean {
    return this.#deps.store.find(caller.name)?.verifier === verifier;
  }

  #isRemembered({ name, verifier }: StoredAccount, digest: Uint8Array): boolean {
    const remembered = this.#remembered.get(name);
    return remembered !== undefined && remembered.verifier === verifier && timingSafeEqual(remembered.digest, digest);
  }

  #callerOf({ id, name, verifier }: StoredAccount): PasswordCaller {
    const caller = { accountId: id, name, address: fullAddress(name, this.#deps.realm) };
    return { caller, expiresAt: null, verifier };
  }

  /** A name has no colon. */
  #digestOf({ account, password }: NameAndPassword): Uint8Array {
    return createHmac("sha256", this.#key).update(`${account}:${password}`).digest();
  }
}
