import type { MessageStore } from "../messaging/message-store.ts";
import type { GroupMode } from "../protocol/commands.ts";
import type { FullAddress, Name } from "../protocol/names.ts";
import { first, type Row, type Sql, type Transaction } from "../storage/sql.ts";
import { Recall } from "../storage/transactional-cache.ts";

/** A group of this realm. Its id is that of its log. */
export interface Group {
  readonly log: number;
  readonly mode: GroupMode;
  /** Empty where everybody has left. */
  readonly owner: FullAddress | "";
  readonly members: number;
  /** That of the latest change of a membership. */
  readonly version: number;
}
/** A copy of a group of another realm. */
export interface Replica {
  log: number;
  /** The message up to which it has to have come to be whole; null: not known yet. */
  complete: number | null;
  /** The message behind which at least one is missing; null: none is. */
  hole: number | null;
}
/** One who belongs to a group, or is invited to. */
export interface MemberRow {
  member: FullAddress;
  role: "member" | "invited";
  joined: number;
  /** Where the link to the member leads; null: the account is in this object. */
  destination: string | null;
  /** That of the change that made it so. */
  version: number;
}

/** The SQL of groups and their members, and of the copies of groups of other realms. */
export class GroupStore {
  readonly #sql: Sql;
  readonly #messages: MessageStore;
  /** Groups by name, since each message asks for one. Any change of any group drops them all: changes are rare. */
  readonly #groups = new Recall<Name, Group>();

  constructor(sql: Sql, messages: MessageStore) {
    this.#sql = sql;
    this.#messages = messages;
  }

  /** A transaction that drops what is kept at hand when it is rolled back. */
  within(transaction: Transaction): Transaction {
    return this.#groups.within(transaction);
  }

  find(name: Name): Group | null {
    const query = `select groups.id log, mode, owner, members, version from logs join groups on groups.id = logs.id
       where logs.kind = 'group' and logs.name = ?`;
    return this.#groups.of(name, () => first<Row<Group>>(this.#sql, query, name));
  }

  /** Null where a log is no group of this realm's. */
  nameOf(log: number): Name | null {
    const query = "select name from logs join groups on groups.id = logs.id where logs.id = ?";
    return first<{ name: Name }>(this.#sql, query, log)?.name ?? null;
  }

  /** The address of the group that a log is a copy of; null: it is none. */
  copiedBy(log: number): FullAddress | null {
    const query = "select name from logs join replicas on replicas.log = logs.id where logs.id = ?";
    return first<{ name: FullAddress }>(this.#sql, query, log)?.name ?? null;
  }

  create(name: Name, mode: GroupMode, owner: FullAddress, now: number): number {
    const log = this.#messages.addLog("group", name);
    const insert = "insert into groups (id, owner, created, mode, members) values (?, ?, ?, ?, 0)";
    this.#sql.exec(insert, log, owner, now, mode);
    return log;
  }

  setOwner(log: number, owner: FullAddress | ""): void {
    this.#groups.clear();
    this.#sql.exec("update groups set owner = ? where id = ?", owner, log);
  }

  /** A membership changes. It is a time where possible: a group that comes to have the name of an older one goes on behind it. */
  nextVersion(log: number, now: number): number {
    this.#groups.clear();
    const query = "update groups set version = max(version + 1, ?) where id = ? returning version";
    return first<{ version: number }>(this.#sql, query, now, log)?.version ?? now;
  }

  replica(group: FullAddress): Replica | null {
    return first<Row<Replica>>(
      this.#sql,
      `select log, complete, hole from logs join replicas on replicas.log = logs.id
       where logs.kind = 'group' and logs.name = ?`,
      group,
    );
  }

  createReplica(group: FullAddress): Replica {
    const log = this.#messages.addLog("group", group);
    this.#sql.exec("insert into replicas (log) values (?)", log);
    return { log, complete: null, hole: null };
  }

  setComplete(log: number, newest: number): void {
    this.#sql.exec("update replicas set complete = ? where log = ?", newest, log);
  }

  setHole(log: number, hole: number | null): void {
    this.#sql.exec("update replicas set hole = ? where log = ?", hole, log);
  }

  member(log: number, member: FullAddress): MemberRow | null {
    return first<Row<MemberRow>>(this.#sql, `${memberQuery} where log = ? and member = ?`, log, member);
  }

  members(log: number): MemberRow[] {
    return this.#sql.exec<Row<MemberRow>>(`${memberQuery} where log = ? order by joined, member`, log).toArray();
  }

  /** The members whose link leads to a destination. */
  membersAt(log: number, destination: string): MemberRow[] {
    return this.#sql
      .exec<Row<MemberRow>>(`${memberQuery} where log = ? and destination = ? and role = 'member'`, log, destination)
      .toArray();
  }

  /** Who has belonged to it for the longest. */
  eldest(log: number): MemberRow | null {
    const query = `${memberQuery} where log = ? and role = 'member' order by joined, member limit 1`;
    return first<Row<MemberRow>>(this.#sql, query, log);
  }

  hasMembers(log: number): boolean {
    return first(this.#sql, "select 1 from members where log = ? and role = 'member' limit 1", log) !== null;
  }

  /** How many belong to it, or are invited to, whose link leads to a destination. */
  countAt(log: number, destination: string): number {
    const query = "select count(*) members from members where log = ? and destination = ?";
    return first<{ members: number }>(this.#sql, query, log, destination)?.members ?? 0;
  }

  /** Whether a member's link leads to a destination. */
  isAwaitedAt(log: number, destination: string): boolean {
    const query = "select 1 from members where log = ? and destination = ? and role = 'member' limit 1";
    return first(this.#sql, query, log, destination) !== null;
  }

  put(log: number, { member, role, joined, destination, version }: MemberRow): void {
    if (!this.member(log, member)) this.#count(log, 1);
    const insert = "insert or replace into members values (?, ?, ?, ?, ?, ?)";
    this.#sql.exec(insert, log, member, role, joined, destination, version);
  }

  remove(log: number, member: FullAddress): void {
    if (!this.member(log, member)) return;
    this.#count(log, -1);
    this.#sql.exec("delete from members where log = ? and member = ?", log, member);
  }

  #count(log: number, change: number): void {
    this.#groups.clear();
    this.#sql.exec("update groups set members = members + ? where id = ?", change, log);
  }

  /**
   * Takes a group, or the copy of one, out of use: it cannot be found from now on, its name is free, and its messages
   * go piece by piece with `sweepDropped`.
   */
  drop(log: number): void {
    this.#groups.clear();
    this.#sql.exec("delete from members where log = ?", log);
    this.#sql.exec("delete from feeds where log = ?", log);
    this.#sql.exec("delete from groups where id = ?", log);
    this.#sql.exec("delete from replicas where log = ?", log);
    this.#sql.exec("update logs set name = ? where id = ?", `!${log}`, log);
  }

  hasDropped(): boolean {
    return first(this.#sql, droppedQuery) !== null;
  }

  /** Removes a piece of what was dropped. To be called inside a commit. @returns whether there may be more */
  sweepDropped(most: number): boolean {
    const dropped = first<{ id: number }>(this.#sql, droppedQuery);
    if (!dropped) return false;
    if (!this.#messages.removeOldest(dropped.id, most)) {
      this.#sql.exec("delete from logs where id = ? and id < (select max(id) from logs)", dropped.id);
    }
    return true;
  }
}

/**
 * No name begins with "!", and those that do stand between it and the character after it. The newest log stays when it is
 * empty: the next one would get its number, and whoever still reads the dropped one would read that.
 */
const droppedQuery = `select id from logs where kind = 'group' and name >= '!' and name < '"'
  and (id < (select max(id) from logs) or exists (select 1 from messages where log = logs.id)) limit 1`;
const memberQuery = "select member, role, joined, destination, version from members";
