import type { AccountRow, ShardStats } from "../shard-api/shard-api.ts";
import type { Reader } from "../storage/sql.ts";

/** Reads what the operator is shown, over the tables of several stores. */
export class ShardReports {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  /** Accounts after a name, in the order of their names. */
  list(past: string, limit: number): AccountRow[] {
    return this.#database.all<StoredRow>(listQuery, past, limit).map(toRow);
  }

  listSpecial(): AccountRow[] {
    return this.#database.all<StoredRow>(specialQuery).map(toRow);
  }

  sizes(): Omit<ShardStats, "sockets" | "commits" | "writes"> {
    const { accounts } = this.#database.one<{ accounts: number }>("select count(*) accounts from accounts");
    const { messages, bytes } = this.#database.one<{ messages: number; bytes: number }>(logsQuery);
    const sent = this.#database.one<{ bytes: number }>("select coalesce(sum(counted_bytes), 0) bytes from sent_logs");
    const { queued, oldest } = this.#database.one<{ queued: number; oldest: number | null }>(queueQuery);
    return { accounts, messages, bytes: bytes + sent.bytes, queued, oldestQueuedAt: oldest };
  }
}

type StoredRow = Omit<AccountRow, "isOperator"> & { isOperator: number };

function toRow({ isOperator, ...row }: StoredRow): AccountRow {
  return { ...row, isOperator: isOperator === 1 };
}

const accountColumns = `message_logs.name account, accounts.created_at createdAt, accounts.banned_at bannedAt,
  accounts.ban_reason banReason, accounts.is_operator isOperator`;
const listQuery = `select ${accountColumns} from message_logs join accounts on accounts.id = message_logs.id
  where message_logs.kind = 'mailbox' and message_logs.is_dropped = 0 and message_logs.name > ?
  order by message_logs.name limit ?`;
const specialQuery = `select ${accountColumns} from accounts join message_logs on message_logs.id = accounts.id
  where accounts.banned_at is not null or accounts.is_operator = 1 order by message_logs.name`;
/** The counts that are stored every so many messages: to count the messages themselves would read them all. */
const logsQuery = `select coalesce(sum(counted_up_to - min(counted_up_to, pruned_up_to)), 0) messages,
  coalesce(sum(counted_bytes), 0) bytes from message_logs`;
const queueQuery = `select count(*) queued, min(sent_at) oldest from sent_messages where queue_position is not null`;
