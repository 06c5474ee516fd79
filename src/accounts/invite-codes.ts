import { limits } from "../limits.ts";
import type { CommandOf } from "../protocol/commands.ts";
import { type Answer, dataReply, failure, textReply } from "../protocol/replies.ts";
import type { SteadyClock } from "../storage/clock.ts";
import { steadyIsoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { newAccessCode } from "./access-code.ts";

interface StoredInviteCode {
  id: string;
  usesLeft: number;
  createdAt: number;
  expiresAt: number;
}

export interface InviteCodesDeps {
  database: Reader;
  unitOfWork: UnitOfWork;
  clock: SteadyClock;
}

/** The codes with which strangers may register where the operator invites, in shard 0 (table `invite_codes`). */
export class InviteCodes {
  readonly #deps: InviteCodesDeps;

  constructor(deps: InviteCodesDeps) {
    this.#deps = deps;
  }

  /** Answers `invitecode`. The code is shown once. */
  async create({ options }: CommandOf<"invitecode">): Promise<Answer> {
    const { clock, unitOfWork } = this.#deps;
    const { uses = 1, expires = limits.inviteCodeMs } = options;
    const { code, id, digest } = newAccessCode("invite");
    return unitOfWork.run((tx) => {
      const now = clock.now();
      tx.write("delete from invite_codes where expires_at <= ? or uses_left = 0", now);
      const { count } = tx.one<{ count: number }>("select count(*) count from invite_codes");
      if (count >= limits.inviteCodesMax) return failure("too-many-codes");
      tx.write("insert into invite_codes values (?, ?, ?, ?, ?)", digest, id, uses, now, now + expires);
      return dataReply({ code, uses, expires: this.#isoOf(now + expires) });
    });
  }

  /** Answers `invitecodes`: those that can still be used, without their secrets. */
  list(): Answer {
    const query = `select id, uses_left usesLeft, created_at createdAt, expires_at expiresAt from invite_codes
      where uses_left > 0 and expires_at > ? order by created_at, id`;
    const codes = this.#deps.database.all<StoredInviteCode>(query, this.#deps.clock.now());
    return dataReply(
      codes.map(({ id, usesLeft, createdAt, expiresAt }) => ({
        code: `inv-${id}`,
        uses: usesLeft,
        created: this.#isoOf(createdAt),
        expires: this.#isoOf(expiresAt),
      })),
    );
  }

  /** Answers `revokecode`. @param code its beginning as `invitecodes` shows it, or the whole code */
  async revoke(code: string): Promise<Answer> {
    const id = /^inv-([a-z2-9]{6})(?:-|$)/.exec(code)?.[1] ?? "";
    return this.#deps.unitOfWork.run((tx) => {
      const revoked = tx.writeReturning<{ id: string }>("delete from invite_codes where id = ? returning id", id);
      return revoked ? textReply("code-revoked", { code: `inv-${id}` }) : failure("no-such-code", { code });
    });
  }

  /** Uses a code once. @returns false: it is wrong, used up or expired */
  use(digest: string): Promise<boolean> {
    return this.#deps.unitOfWork.run((tx) => this.#take(tx, digest));
  }

  #take(tx: Transaction, digest: string): boolean {
    const query = `update invite_codes set uses_left = uses_left - 1
      where code_digest = ? and uses_left > 0 and expires_at > ? returning uses_left usesLeft`;
    return tx.writeReturning<{ usesLeft: number }>(query, digest, this.#deps.clock.now()) !== null;
  }

  #isoOf(time: number): string {
    return steadyIsoTime(this.#deps.clock, time);
  }
}
