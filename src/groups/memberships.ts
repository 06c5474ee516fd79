import { limits } from "../limits.ts";
import { isOlderVersion } from "../protocol/groups.ts";
import { type FullAddress, type RealmName, splitAddress } from "../protocol/names.ts";
import type { GroupRole } from "../protocol/replies.ts";
import { first, type Sql, type Transaction } from "../storage/sql.ts";
import { Recall } from "../storage/transactional-cache.ts";

/** What an account is in a group. `joining` is written before the group is asked, and may stay where no answer came. */
export type MembershipRole = GroupRole | "joining";

export interface Membership {
  group: FullAddress;
  role: MembershipRole;
}

type Standing = { readonly role: MembershipRole; readonly version: number };

/** The groups of the accounts of this object, wherever the groups are. Who belongs to a group, the group itself knows. */
export class Memberships {
  readonly #sql: Sql;
  readonly #changed: (account: number, group: FullAddress, role: GroupRole | null) => void;
  /** By account and group, since each message to a group asks whether its sender is a member. */
  readonly #standings = new Recall<string, Standing>();

  /** @param changed called inside a commit that changed what an account is in a group */
  constructor(sql: Sql, changed: (account: number, group: FullAddress, role: GroupRole | null) => void) {
    this.#sql = sql;
    this.#changed = changed;
  }

  /** A transaction that drops what is kept at hand when it is rolled back. */
  within(transaction: Transaction): Transaction {
    return this.#standings.within(transaction);
  }

  of(account: number): Membership[] {
    return this.#sql
      .exec<{ group: FullAddress; role: MembershipRole }>(
        `select "group", role from memberships where account = ? order by "group"`,
        account,
      )
      .toArray();
  }

  /** The groups that an account belongs to. */
  groupsOf(account: number): FullAddress[] {
    return this.of(account)
      .filter(({ role }) => role === "member" || role === "owner")
      .map(({ group }) => group);
  }

  roleOf(account: number, group: FullAddress): MembershipRole | null {
    return this.#find(account, group)?.role ?? null;
  }

  #find(account: number, group: FullAddress): Standing | null {
    const query = `select role, version from memberships where account = ? and "group" = ?`;
    return this.#standings.of(keyOf(account, group), () => first<Standing>(this.#sql, query, account, group));
  }

  isMember(account: number, group: FullAddress): boolean {
    const role = this.roleOf(account, group);
    return role === "member" || role === "owner";
  }

  /** Whether an account may belong to one more group. What others have invited it to does not count. */
  hasRoom(account: number): boolean {
    return this.#count(account, "<>") < limits.groupsPerAccount;
  }

  /** Whether one more invitation is listed for an account: no realm takes all the places. */
  #hasRoomToInvite(account: number, group: FullAddress): boolean {
    const { realm } = splitAddress(group);
    return (
      this.#count(account, "=") < limits.invitationsPerAccount &&
      this.#count(account, "=", realm) < limits.invitationsPerRealm
    );
  }

  /** @param realm counts its groups only */
  #count(account: number, comparison: "=" | "<>", realm: RealmName | null = null): number {
    const query = `select count(*) groups from memberships where account = ?1 and role ${comparison} 'invited'
      and (?2 is null or substr("group", instr("group", '@') + 1) = ?2)`;
    return first<{ groups: number }>(this.#sql, query, account, realm)?.groups ?? 0;
  }

  /** Whether any account here belongs to a group, or is about to. */
  isKnown(group: FullAddress): boolean {
    const query = `select 1 from memberships where "group" = ? and role <> 'invited' limit 1`;
    return first(this.#sql, query, group) !== null;
  }

  /** To be called inside a commit, as are all that follow. Before a group is asked, so that what it sends is expected. */
  begin(account: number, group: FullAddress): void {
    const before = this.#find(account, group);
    if (before === null || before.role === "invited") this.#put(account, group, "joining", before?.version ?? 0);
  }

  /** @param standing what the account is again: invited, or nothing */
  giveUp(account: number, group: FullAddress, standing: "invited" | null): void {
    const before = this.#find(account, group);
    if (before?.role !== "joining") return;
    if (standing) this.#put(account, group, standing, before.version);
    else this.#delete(account, group);
  }

  /** Notes what the group has made of an account, unless something newer is known: an account that was asking is then out. */
  set(account: number, group: FullAddress, role: GroupRole, version: number): void {
    const before = this.#find(account, group);
    if (before && isOlderVersion(version, before.version)) {
      this.giveUp(account, group, null);
      return;
    }
    if (before?.role === role && before.version === version) return;
    this.#put(account, group, role, version);
    if (before?.role !== role) this.#changed(account, group, role);
  }

  /**
   * The group has invited an account. It invites nobody who is in it: where that is newer than all that is known, it stands,
   * though the news of a removal may be still to come.
   */
  invited(account: number, group: FullAddress, version: number): void {
    const before = this.#find(account, group);
    if (before ? version <= before.version : !this.#hasRoomToInvite(account, group)) return;
    this.#put(account, group, "invited", version);
    if (before?.role !== "invited") this.#changed(account, group, "invited");
  }

  /** The account has left. */
  remove(account: number, group: FullAddress): void {
    const role = this.roleOf(account, group);
    if (role === null) return;
    this.#delete(account, group);
    if (role !== "joining") this.#changed(account, group, null);
  }

  /** The account was removed. One that is asking again meanwhile goes on: its answer tells which was first. */
  removed(account: number, group: FullAddress, version: number): void {
    const before = this.#find(account, group);
    if (!before || isOlderVersion(version, before.version)) return;
    if (before.role === "joining" && version !== 0) this.#put(account, group, "joining", version);
    else this.remove(account, group);
  }

  #put(account: number, group: FullAddress, role: MembershipRole, version: number): void {
    this.#sql.exec("insert or replace into memberships values (?, ?, ?, ?)", account, group, role, version);
    this.#standings.set(keyOf(account, group), { role, version });
  }

  #delete(account: number, group: FullAddress): void {
    this.#sql.exec(`delete from memberships where account = ? and "group" = ?`, account, group);
    this.#standings.forget(keyOf(account, group));
  }
}

function keyOf(account: number, group: FullAddress): string {
  return `${account} ${group}`;
}
