import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

/** How far what is derived from an account's mailbox and sent log has caught up with them. */
export interface AccountCheckpoint {
  readonly mailboxUpTo: number;
  readonly sentUpTo: number;
  /** The highest position in the account's conversation list. */
  readonly lastPosition: number;
  /** The conversations whose first message the account has sent. */
  readonly conversationsStarted: number;
}

/** The checkpoints of accounts (table `account_checkpoints`). An account without a row is at the beginning. */
export class AccountCheckpoints {
  readonly #database: Reader;
  readonly #cache: TransactionalCache<number, AccountCheckpoint>;

  constructor(database: Reader, unitOfWork: Pick<UnitOfWork, "onRollback">) {
    this.#database = database;
    this.#cache = new TransactionalCache(unitOfWork);
  }

  get(accountId: number): AccountCheckpoint {
    const load = () => this.#database.first<AccountCheckpoint>(findQuery, accountId) ?? beginning;
    return this.#cache.getOrLoad(accountId, load);
  }

  set(tx: Transaction, accountId: number, checkpoint: AccountCheckpoint): void {
    const { mailboxUpTo, sentUpTo, lastPosition, conversationsStarted } = checkpoint;
    const insert = "insert or replace into account_checkpoints values (?, ?, ?, ?, ?)";
    tx.write(insert, accountId, mailboxUpTo, sentUpTo, lastPosition, conversationsStarted);
    this.#cache.set(tx, accountId, checkpoint);
  }

  /** The account is removed. */
  forget(tx: Transaction, accountId: number): void {
    tx.write("delete from account_checkpoints where account_id = ?", accountId);
    this.#cache.delete(tx, accountId);
  }
}

const beginning: AccountCheckpoint = { mailboxUpTo: 0, sentUpTo: 0, lastPosition: 0, conversationsStarted: 0 };
const findQuery = `select mailbox_up_to mailboxUpTo, sent_up_to sentUpTo, last_position lastPosition,
    conversations_started conversationsStarted
  from account_checkpoints where account_id = ?`;
