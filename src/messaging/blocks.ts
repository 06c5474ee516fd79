import { limits } from "../limits.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import { type Answer, dataReply, failure, textReply } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { ContactRequests } from "./contact-requests.ts";

/** A full address, or `@realm`. */
export type BlockTarget = string;

/**
 * Whom the accounts of this shard do not want to hear from (table `blocks`). A blocked sender is answered as everybody is, and its
 * private messages and invitations are not stored: who learns that it is blocked comes back under another name.
 */
export class Blocks {
  readonly #database: Reader;
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;
  readonly #contactRequests: ContactRequests;
  /** The targets of each account. Most have none. */
  readonly #targets: TransactionalCache<number, ReadonlySet<BlockTarget>>;

  constructor(database: Reader, unitOfWork: UnitOfWork, clock: Clock, contactRequests: ContactRequests) {
    this.#database = database;
    this.#unitOfWork = unitOfWork;
    this.#clock = clock;
    this.#contactRequests = contactRequests;
    this.#targets = new TransactionalCache(unitOfWork);
  }

  isBlocked(accountId: number, sender: FullAddress): boolean {
    const targets = this.#targetsOf(accountId);
    return targets.size > 0 && (targets.has(sender) || targets.has(`@${splitAddress(sender).realm}`));
  }

  /** Answers `block`. */
  block({ accountId, address }: Caller, target: BlockTarget): Promise<Answer> {
    return this.#unitOfWork.run((tx): Answer => {
      const targets = this.#targetsOf(accountId);
      if (target === address) return failure("bad-target", { parameter: "target" });
      if (!targets.has(target)) {
        if (targets.size >= limits.blocksPerAccount) return failure("too-many-blocks");
        tx.write("insert into blocks values (?, ?, ?)", accountId, target, this.#clock());
        this.#targets.delete(tx, accountId);
        this.#contactRequests.drop(tx, accountId, target);
      }
      return textReply("blocked", { target });
    });
  }

  /** Answers `unblock`. */
  unblock({ accountId }: Caller, target: BlockTarget): Promise<Answer> {
    return this.#unitOfWork.run((tx): Answer => {
      if (!this.#targetsOf(accountId).has(target)) return failure("no-such-block", { target });
      tx.write("delete from blocks where account_id = ? and target = ?", accountId, target);
      this.#targets.delete(tx, accountId);
      return textReply("unblocked", { target });
    });
  }

  /** Answers `blocks`. */
  list({ accountId }: Caller): Answer {
    const query = "select target, created_at createdAt from blocks where account_id = ? order by target";
    const rows = this.#database.all<{ target: string; createdAt: number }>(query, accountId);
    return dataReply(rows.map(({ target, createdAt }) => ({ target, since: isoTime(createdAt) })));
  }

  /** The account is removed. */
  forget(tx: Transaction, accountId: number): void {
    tx.write("delete from blocks where account_id = ?", accountId);
    this.#targets.delete(tx, accountId);
  }

  #targetsOf(accountId: number): ReadonlySet<BlockTarget> {
    return this.#targets.getOrLoad(accountId, () => {
      const rows = this.#database.all<{ target: string }>("select target from blocks where account_id = ?", accountId);
      return rows.length === 0 ? none : new Set(rows.map(({ target }) => target));
    });
  }
}

const none: ReadonlySet<BlockTarget> = new Set();
