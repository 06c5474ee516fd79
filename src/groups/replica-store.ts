import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import type { GroupMembers } from "./group-members.ts";

/** A replica of a group of another realm. */
export interface Replica {
  logId: number;
  /** The message that it must have reached to be complete; null: not known yet. */
  completeUpTo: number | null;
  /** At least one message is missing after this one; null: none is. */
  gapAfter: number | null;
}

/** The replicas that this shard keeps (table `group_replicas`). */
export class ReplicaStore {
  readonly #database: Reader;
  readonly #logs: MessageLogStore;
  readonly #members: GroupMembers;

  constructor(database: Reader, logs: MessageLogStore, members: GroupMembers) {
    this.#database = database;
    this.#logs = logs;
    this.#members = members;
  }

  find(group: FullAddress): Replica | null {
    const logId = this.#logs.findLog("replica", group);
    return logId === null ? null : this.#database.first<Replica>(findQuery, logId);
  }

  create(tx: Transaction, group: FullAddress): Replica {
    const logId = this.#logs.addLog(tx, "replica", group);
    tx.write("insert into group_replicas (log_id) values (?)", logId);
    return { logId, completeUpTo: null, gapAfter: null };
  }

  setCompleteUpTo(tx: Transaction, logId: number, newest: number): void {
    tx.write("update group_replicas set complete_up_to = ? where log_id = ?", newest, logId);
  }

  setGapAfter(tx: Transaction, logId: number, gapAfter: number | null): void {
    tx.write("update group_replicas set gap_after = ? where log_id = ?", gapAfter, logId);
  }

  drop(tx: Transaction, logId: number): void {
    this.#members.removeAll(tx, logId);
    tx.write("delete from group_replicas where log_id = ?", logId);
    this.#logs.drop(tx, logId);
  }
}

const findQuery =
  "select log_id logId, complete_up_to completeUpTo, gap_after gapAfter from group_replicas where log_id = ?";
