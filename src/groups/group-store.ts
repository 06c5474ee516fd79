import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { GroupMode } from "../protocol/commands.ts";
import type { FullAddress, Name } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { GroupMember, GroupMembers } from "./group-members.ts";

/** A group of this shard. Its number is that of its message log. */
export interface Group {
  readonly logId: number;
  readonly mode: GroupMode;
  /** Null: every member has left. */
  readonly owner: FullAddress | null;
  /** Members and invited accounts. */
  readonly memberCount: number;
  /** The version of the latest change of a membership. */
  readonly version: number;
}

/** The groups of this shard (table `groups`). */
export class GroupStore {
  readonly #database: Reader;
  readonly #logs: MessageLogStore;
  readonly #members: GroupMembers;
  /** Groups by name: each message asks for one. Any change of any group empties it, since changes are rare. */
  readonly #byName: TransactionalCache<Name, Group>;

  constructor(deps: {
    database: Reader;
    unitOfWork: Pick<UnitOfWork, "onRollback">;
    logs: MessageLogStore;
    members: GroupMembers;
  }) {
    this.#database = deps.database;
    this.#logs = deps.logs;
    this.#members = deps.members;
    this.#byName = new TransactionalCache(deps.unitOfWork);
  }

  find(name: Name): Group | null {
    return this.#byName.getOrLoad(name, () => {
      const logId = this.#logs.findLog("group", name);
      return logId === null ? null : this.#database.first<Group>(findQuery, logId);
    });
  }

  create(tx: Transaction, name: Name, mode: GroupMode, owner: FullAddress, now: number): number {
    const logId = this.#logs.addLog(tx, "group", name);
    const insert = "insert into groups (id, owner, created_at, mode, member_count, version) values (?, ?, ?, ?, 0, 0)";
    tx.write(insert, logId, owner, now, mode);
    return logId;
  }

  setOwner(tx: Transaction, logId: number, owner: FullAddress | null): void {
    this.#byName.clear(tx);
    tx.write("update groups set owner = ? where id = ?", owner, logId);
  }

  /**
   * The version of a change of a membership. It is the time where possible, so that the versions of a group that takes the name
   * of a dropped one go on behind the old ones.
   */
  nextVersion(tx: Transaction, logId: number, now: number): number {
    this.#byName.clear(tx);
    const update = "update groups set version = max(version + 1, ?) where id = ? returning version";
    const row = tx.writeReturning<{ version: number }>(update, now, logId);
    if (!row) throw new Error("no such group");
    return row.version;
  }

  putMember(tx: Transaction, logId: number, member: GroupMember): void {
    if (this.#members.put(tx, logId, member)) this.#count(tx, logId, 1);
  }

  removeMember(tx: Transaction, logId: number, address: FullAddress): void {
    if (this.#members.remove(tx, logId, address)) this.#count(tx, logId, -1);
  }

  #count(tx: Transaction, logId: number, change: 1 | -1): void {
    this.#byName.clear(tx);
    tx.write("update groups set member_count = member_count + ? where id = ?", change, logId);
  }

  /** Removes a group. Its name is free at once. */
  drop(tx: Transaction, logId: number): void {
    this.#byName.clear(tx);
    this.#members.removeAll(tx, logId);
    tx.write("delete from groups where id = ?", logId);
    this.#logs.drop(tx, logId);
  }
}

const findQuery = "select id logId, mode, owner, member_count memberCount, version from groups where id = ?";
