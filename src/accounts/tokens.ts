import { limits } from "../limits.ts";
import type { CommandOf } from "../protocol/commands.ts";
import { fullAddress, type Name, type RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, failure, textReply } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { SteadyClock } from "../storage/clock.ts";
import { steadyIsoTime } from "../storage/iso-time.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { newToken, tokenDigestOf } from "./session-token.ts";
import type { Sessions } from "./sessions.ts";
import type { TokenStore } from "./token-store.ts";

export interface TokensDeps {
  realm: RealmName;
  store: TokenStore;
  sessions: Sessions;
  unitOfWork: UnitOfWork;
  clock: SteadyClock;
}

/** The tokens that accounts give to programs. Each has a label, and may do what its scope says. */
export class Tokens {
  readonly #deps: TokensDeps;

  constructor(deps: TokensDeps) {
    this.#deps = deps;
  }

  /** Answers `token new`. The token itself is shown once, and stored nowhere. */
  async create({ accountId, name }: Caller, { options }: CommandOf<"token new">): Promise<Answer> {
    const { clock, realm, sessions, store, unitOfWork } = this.#deps;
    const { label, scope = "all", to, expires } = options;
    if (!label || (to && scope !== "send")) return failure("bad-token-options");
    const token = newToken(name);
    const sendTo = to ? fullAddress(to.name, to.realm ?? realm) : null;
    return unitOfWork.run((tx) => {
      const now = clock.now();
      const expiresAt = expires === undefined ? null : now + expires;
      const others = this.#withoutExpired(accountId);
      if (others.some((other) => other.label === label)) return failure("label-taken", { label });
      if (others.length >= limits.tokensPerAccount) return failure("too-many-tokens");
      // An expired token with this label may still be there.
      store.revoke(tx, accountId, label);
      const createdAt = now;
      store.add(tx, tokenDigestOf(token), { accountId, label, scope, sendTo, createdAt, lastUsedAt: null, expiresAt });
      sessions.changed(tx, accountId);
      return dataReply({ token, label, scope, to: sendTo, expires: this.#isoOf(expiresAt) });
    });
  }

  /** Answers `tokens`. */
  list({ accountId }: Caller): Answer {
    return dataReply(
      this.#withoutExpired(accountId).map(({ label, scope, sendTo, createdAt, lastUsedAt, expiresAt }) => ({
        label,
        scope,
        to: sendTo,
        created: this.#isoOf(createdAt),
        used: this.#isoOf(lastUsedAt),
        expires: this.#isoOf(expiresAt),
      })),
    );
  }

  /** Answers `token revoke`. Sockets and waits of the token end. */
  async revoke({ accountId }: Caller, label: Name): Promise<Answer> {
    const { sessions, store, unitOfWork } = this.#deps;
    return unitOfWork.run((tx) => {
      if (!store.revoke(tx, accountId, label)) return failure("no-such-token", { label });
      sessions.changed(tx, accountId);
      return textReply("token-revoked", { label });
    });
  }

  #withoutExpired(accountId: number) {
    const now = this.#deps.clock.now();
    return this.#deps.store.list(accountId).filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  }

  #isoOf(time: number | null): string | null {
    return time === null ? null : steadyIsoTime(this.#deps.clock, time);
  }
}
