import { limits } from "../limits.ts";
import type { ReadMarkers } from "../messaging/read-markers.ts";
import { isOlderVersion } from "../protocol/group-requests.ts";
import { type FullAddress, type RealmName, splitAddress } from "../protocol/names.ts";
import type { GroupRole } from "../protocol/replies.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

/** The role of an account in a group. `joining` is stored before the group is asked, and stays if no answer comes. */
export type MembershipRole = GroupRole | "joining";

export interface Membership {
  group: FullAddress;
  role: MembershipRole;
}

interface StoredMembership {
  readonly role: MembershipRole;
  readonly version: number;
}

/** The groups of this shard's accounts, wherever the groups are (table `memberships`). A group itself decides who is in it. */
export class Memberships {
  readonly #database: Reader;
  readonly #readMarkers: ReadMarkers;
  /** By account and group: each message to a group asks whether its sender is a member. */
  readonly #cache: TransactionalCache<string, StoredMembership>;

  constructor(database: Reader, unitOfWork: Pick<UnitOfWork, "onRollback">, readMarkers: ReadMarkers) {
    this.#database = database;
    this.#readMarkers = readMarkers;
    this.#cache = new TransactionalCache(unitOfWork);
  }

  list(accountId: number): Membership[] {
    const query = `select group_address "group", role from memberships where account_id = ? order by group_address`;
    return this.#database.all<Membership>(query, accountId);
  }

  /** The groups that an account is a member of. */
  groupsOf(accountId: number): FullAddress[] {
    return this.list(accountId)
      .filter(({ role }) => role === "member" || role === "owner")
      .map(({ group }) => group);
  }

  roleOf(accountId: number, group: FullAddress): MembershipRole | null {
    return this.#find(accountId, group)?.role ?? null;
  }

  isMember(accountId: number, group: FullAddress): boolean {
    const role = this.roleOf(accountId, group);
    return role === "member" || role === "owner";
  }

  /** Whether an account may join one more group. Invitations do not count. */
  canJoinAnother(accountId: number): boolean {
    return this.#count(accountId, "<>") < limits.groupsPerAccount;
  }

  /** Whether any account of this shard is a member of a group, or is joining it. */
  hasMemberOf(group: FullAddress): boolean {
    const query = "select 1 one from memberships where group_address = ? and role <> 'invited' limit 1";
    return this.#database.first<{ one: number }>(query, group) !== null;
  }

  /** Must be stored before a group is asked, so that the updates it sends are expected. */
  markJoining(tx: Transaction, accountId: number, group: FullAddress): void {
    const before = this.#find(accountId, group);
    if (before === null || before.role === "invited") this.#put(tx, accountId, group, "joining", before?.version ?? 0);
  }

  /** @param previousRole the account's role before it asked to join */
  abandonJoin(tx: Transaction, accountId: number, group: FullAddress, previousRole: "invited" | null): void {
    const before = this.#find(accountId, group);
    if (before?.role !== "joining") return;
    if (previousRole) this.#put(tx, accountId, group, previousRole, before.version);
    else this.#delete(tx, accountId, group);
  }

  /** Stores the role that the group gave. A newer version that is known wins: an account that was joining is then out. */
  set(tx: Transaction, accountId: number, group: FullAddress, role: GroupRole, version: number): void {
    const before = this.#find(accountId, group);
    if (before && isOlderVersion(version, before.version)) {
      this.abandonJoin(tx, accountId, group, null);
      return;
    }
    if (before?.role === role && before.version === version) return;
    this.#put(tx, accountId, group, role, version);
    if (before?.role !== role) tx.emit({ type: "membership-changed", accountId, group, role });
  }

  /**
   * The group has invited an account. A group invites nobody who is in it, so a version newer than all known ones stands even if
   * a removal is still on its way.
   */
  applyInvitation(tx: Transaction, accountId: number, group: FullAddress, version: number): void {
    const before = this.#find(accountId, group);
    if (!this.acceptsInvitation(accountId, group, version)) return;
    this.#put(tx, accountId, group, "invited", version);
    if (before?.role !== "invited") tx.emit({ type: "membership-changed", accountId, group, role: "invited" });
  }

  /** Whether an invitation is newer than what is known, and fits into the list of invitations. */
  acceptsInvitation(accountId: number, group: FullAddress, version: number): boolean {
    const before = this.#find(accountId, group);
    return before ? version > before.version : this.#canBeInvited(accountId, group);
  }

  /** The account has left. */
  remove(tx: Transaction, accountId: number, group: FullAddress): void {
    const role = this.roleOf(accountId, group);
    if (role === null) return;
    this.#delete(tx, accountId, group);
    if (role === "joining") return;
    this.#readMarkers.delete(tx, accountId, "group", group);
    tx.emit({ type: "membership-changed", accountId, group, role: null });
  }

  /** The group has removed the account. One that is joining again goes on: the group's answer has a version too. */
  applyRemoval(tx: Transaction, accountId: number, group: FullAddress, version: number): void {
    const before = this.#find(accountId, group);
    if (!before || isOlderVersion(version, before.version)) return;
    if (before.role === "joining" && version !== 0) this.#put(tx, accountId, group, "joining", version);
    else this.remove(tx, accountId, group);
  }

  /** Whether one more invitation is listed for an account. No realm may use up all of them. */
  #canBeInvited(accountId: number, group: FullAddress): boolean {
    const { realm } = splitAddress(group);
    return (
      this.#count(accountId, "=") < limits.invitationsPerAccount &&
      this.#count(accountId, "=", realm) < limits.invitationsPerRealm
    );
  }

  /** @param realm counts the groups of this realm only */
  #count(accountId: number, comparison: "=" | "<>", realm: RealmName | null = null): number {
    const query = `select count(*) groups from memberships where account_id = ?1 and role ${comparison} 'invited'
      and (?2 is null or substr(group_address, instr(group_address, '@') + 1) = ?2)`;
    return this.#database.one<{ groups: number }>(query, accountId, realm).groups;
  }

  #find(accountId: number, group: FullAddress): StoredMembership | null {
    const query = "select role, version from memberships where account_id = ? and group_address = ?";
    const load = () => this.#database.first<StoredMembership>(query, accountId, group);
    return this.#cache.getOrLoad(cacheKey(accountId, group), load);
  }

  /** The account is removed: invitations that it has not answered go too. */
  forget(tx: Transaction, accountId: number): void {
    for (const { group } of this.list(accountId)) this.#delete(tx, accountId, group);
  }

  #put(tx: Transaction, accountId: number, group: FullAddress, role: MembershipRole, version: number): void {
    tx.write("insert or replace into memberships values (?, ?, ?, ?)", accountId, group, role, version);
    this.#cache.set(tx, cacheKey(accountId, group), { role, version });
  }

  #delete(tx: Transaction, accountId: number, group: FullAddress): void {
    tx.write("delete from memberships where account_id = ? and group_address = ?", accountId, group);
    this.#cache.delete(tx, cacheKey(accountId, group));
  }
}

function cacheKey(accountId: number, group: FullAddress): string {
  return `${accountId} ${group}`;
}
