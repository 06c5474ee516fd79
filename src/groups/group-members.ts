import type { FullAddress } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

/** A member of a group or of a replica, or an account that is invited. */
export interface GroupMember {
  address: FullAddress;
  role: "member" | "invited";
  /** Milliseconds since 1970. */
  joinedAt: number;
  /** The shard or realm of the member; null: this shard. */
  destination: string | null;
  /** The version of the change that made it so. */
  version: number;
}

/** The members of groups and of replicas (table `group_members`), by the number of the message log. */
export class GroupMembers {
  readonly #database: Reader;
  /** By log and address: each message to a private group asks for its sender, and `groups` for its reader. */
  readonly #cache: TransactionalCache<string, GroupMember>;

  constructor(database: Reader, unitOfWork: Pick<UnitOfWork, "onRollback">) {
    this.#database = database;
    this.#cache = new TransactionalCache(unitOfWork);
  }

  find(logId: number, address: FullAddress): GroupMember | null {
    const query = `${memberQuery} where log_id = ? and address = ?`;
    const load = () => this.#database.first<GroupMember>(query, logId, address);
    return this.#cache.getOrLoad(cacheKey(logId, address), load);
  }

  /** Members and invited accounts, the longest first. */
  list(logId: number): GroupMember[] {
    return this.#database.all<GroupMember>(`${memberQuery} where log_id = ? order by joined_at, address`, logId);
  }

  /** The members of a destination, without invited accounts. */
  listAt(logId: number, destination: string): GroupMember[] {
    const query = `${memberQuery} where log_id = ? and destination = ? and role = 'member'`;
    return this.#database.all<GroupMember>(query, logId, destination);
  }

  /** The member who joined first. */
  longestMember(logId: number): GroupMember | null {
    const query = `${memberQuery} where log_id = ? and role = 'member' order by joined_at, address limit 1`;
    return this.#database.first<GroupMember>(query, logId);
  }

  hasMembers(logId: number): boolean {
    const query = "select 1 one from group_members where log_id = ? and role = 'member' limit 1";
    return this.#database.first<{ one: number }>(query, logId) !== null;
  }

  /** Members and invited accounts of a destination. */
  countAt(logId: number, destination: string): number {
    const query = "select count(*) members from group_members where log_id = ? and destination = ?";
    return this.#database.one<{ members: number }>(query, logId, destination).members;
  }

  /** Whether a destination has a member. */
  hasMemberAt(logId: number, destination: string): boolean {
    const query = "select 1 one from group_members where log_id = ? and destination = ? and role = 'member' limit 1";
    return this.#database.first<{ one: number }>(query, logId, destination) !== null;
  }

  /** @returns whether the member is new */
  put(tx: Transaction, logId: number, member: GroupMember): boolean {
    const isNew = this.find(logId, member.address) === null;
    const { address, role, joinedAt, destination, version } = member;
    const insert = "insert or replace into group_members values (?, ?, ?, ?, ?, ?)";
    tx.write(insert, logId, address, role, joinedAt, destination, version);
    this.#cache.set(tx, cacheKey(logId, address), member);
    return isNew;
  }

  /** @returns whether there was such a member */
  remove(tx: Transaction, logId: number, address: FullAddress): boolean {
    if (!this.find(logId, address)) return false;
    tx.write("delete from group_members where log_id = ? and address = ?", logId, address);
    this.#cache.delete(tx, cacheKey(logId, address));
    return true;
  }

  removeAll(tx: Transaction, logId: number): void {
    tx.write("delete from group_members where log_id = ?", logId);
    this.#cache.clear(tx);
  }
}

function cacheKey(logId: number, address: FullAddress): string {
  return `${logId} ${address}`;
}

const memberQuery = "select address, role, joined_at joinedAt, destination, version from group_members";
