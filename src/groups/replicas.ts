import { limits } from "../limits.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import { isOlderVersion } from "../protocol/group-requests.ts";
import { type FullAddress, isSystemOfOther, splitAddress } from "../protocol/names.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { DeliveryResult } from "../shard-api/delivery-result.ts";
import type { MembershipUpdate, ReplicatedMessage } from "../shard-api/outbound-items.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { GroupMember, GroupMembers } from "./group-members.ts";
import type { Replica, ReplicaStore } from "./replica-store.ts";
import type { ReplicationCursors } from "./replication-cursors.ts";

export interface ReplicasDeps {
  router: AddressRouter;
  store: ReplicaStore;
  members: GroupMembers;
  logs: MessageLogStore;
  cursors: ReplicationCursors;
  unitOfWork: UnitOfWork;
  clock: Clock;
  monotonic: Clock;
}

/** The owning realm's answer to a join that succeeded. */
interface Joined {
  newest: number;
  version: number;
}

/** A group that this shard is joining for its accounts: how many joins are open, and removals that came meanwhile. */
interface OpenJoins {
  count: number;
  /** The version of the removal, by member. */
  removed: Map<FullAddress, number>;
}

/**
 * Replicas of groups of other realms. Each is kept in one shard of this realm, whatever the number of its members here. The owning
 * realm sends every message once; its numbers and its order are the group's. This shard sends them on to the others.
 */
export class Replicas {
  readonly #deps: ReplicasDeps;
  /** Messages of these groups are wanted. It ends with the shard, as the answers do. */
  readonly #openJoins = new Map<FullAddress, OpenJoins>();
  /** Groups that may have been joined although the answer was lost, and until when that is remembered. Memory only. */
  readonly #unconfirmedJoins = new BoundedCache<FullAddress, number>(limits.unconfirmedJoinsMax);

  constructor(deps: ReplicasDeps) {
    this.#deps = deps;
  }

  /**
   * Joins a group while its messages are expected.
   *
   * @param ask asks the owning realm, given the newest message that is here
   */
  async join<Reply extends Joined | { error: unknown }>(
    group: FullAddress,
    member: FullAddress,
    ask: (have: number) => Promise<Reply>,
  ): Promise<Reply> {
    const { store, unitOfWork } = this.#deps;
    const joins = this.#openJoins.get(group) ?? { count: 0, removed: new Map() };
    this.#openJoins.set(group, joins);
    joins.count++;
    this.#unconfirmedJoins.delete(group);
    try {
      await unitOfWork.run((tx) => store.find(group) ?? store.create(tx, group));
      const have = () => this.#completeUpTo(store.find(group));
      const answer = await ask(have());
      const removedVersion = joins.removed.get(member);
      joins.removed.delete(member);
      // A removal that is not older than the answer may have come after the join: only the group knows.
      const isDoubtful =
        "newest" in answer && removedVersion !== undefined && !isOlderVersion(removedVersion, answer.version);
      const reply = isDoubtful ? await ask(have()) : answer;
      if ("newest" in reply) await unitOfWork.run((tx) => this.#addMember(tx, group, member, reply));
      return reply;
    } finally {
      if (--joins.count === 0) this.#openJoins.delete(group);
      await unitOfWork.run((tx) => this.#dropIfUnwanted(tx, group));
    }
  }

  #addMember(tx: Transaction, group: FullAddress, member: FullAddress, { newest, version }: Joined): void {
    const { store, members, logs, cursors, router, clock } = this.#deps;
    const replica = store.find(group) ?? store.create(tx, group);
    const { logId, completeUpTo } = replica;
    if (newest > (completeUpTo ?? -1)) store.setCompleteUpTo(tx, logId, newest);
    const { destination } = router.routeToMember(member);
    members.put(tx, logId, { address: member, role: "member", joinedAt: clock(), destination, version });
    if (destination !== null) cursors.subscribe(tx, logId, destination, logs.highestIdEver(logId));
  }

  /** The answer to a join was lost: only the group knows whether it succeeded. */
  noteUnconfirmedJoin(group: FullAddress): void {
    this.#unconfirmedJoins.set(group, this.#deps.monotonic() + limits.unconfirmedJoinMs);
  }

  /** A member has left, or was removed. */
  removeMember(tx: Transaction, group: FullAddress, address: FullAddress): void {
    const { store, members, cursors } = this.#deps;
    this.#unconfirmedJoins.delete(group);
    const replica = store.find(group);
    if (!replica) return;
    const destination = members.find(replica.logId, address)?.destination ?? null;
    members.remove(tx, replica.logId, address);
    if (destination !== null && !members.hasMemberAt(replica.logId, destination)) {
      cursors.unsubscribe(tx, replica.logId, destination);
    }
    this.#dropIfUnwanted(tx, group);
  }

  /** Stores a message that the owning realm sends. */
  receive(tx: Transaction, { group, id, after, from, text, time }: ReplicatedMessage): DeliveryResult {
    const { store, logs, cursors, clock } = this.#deps;
    if (isSystemOfOther(from, splitAddress(group).realm)) return { state: "failed", reason: "refused" };
    const replica = store.find(group);
    if (!replica || !this.#isWanted(replica.logId, group)) {
      // A failure would make the group remove a member whose join was answered and whose answer was lost.
      return this.#isJoinUnconfirmed(group) ? { state: "deferred" } : { state: "failed", reason: "no-such-group" };
    }
    // The owning realm goes on when there is room. A failure would be a gap.
    if (!logs.hasRoomFor(replica.logId, text)) return { state: "deferred" };
    const message = { uid: null, from, text, time, receivedAt: clock() };
    if (after !== undefined) this.#trackGap(tx, replica, group, id, after);
    if (logs.appendReplicated(tx, replica.logId, id, message, group)) cursors.messageAppended(tx, replica.logId);
    return { state: "delivered" };
  }

  /**
   * Finds gaps: if the message sent before this one is not here, it was given up on the way. Everything after a gap is sent
   * again. Messages that follow one another without a gap move the gap on, until nothing is behind it.
   */
  #trackGap(tx: Transaction, { logId, gapAfter }: Replica, group: FullAddress, id: number, after: number): void {
    const { store, logs } = this.#deps;
    const newest = logs.highestIdEver(logId);
    if (gapAfter === null && after > newest) {
      store.setGapAfter(tx, logId, newest);
      tx.emit({ type: "replica-gap-found", group });
    }
    if (gapAfter !== null && after <= gapAfter && id > gapAfter) store.setGapAfter(tx, logId, id < newest ? id : null);
  }

  /** What to ask the owning realm for, and as which member, so that the gap is filled; null: there is no gap. */
  gapRequest(group: FullAddress): { by: FullAddress; have: number } | null {
    const replica = this.#deps.store.find(group);
    const member = replica && this.#deps.members.longestMember(replica.logId);
    return replica?.gapAfter != null && member ? { by: member.address, have: this.#completeUpTo(replica) } : null;
  }

  /** Whether an account is a member of a replicated group. */
  hasMember(group: FullAddress, address: FullAddress): boolean {
    return this.#findMember(group, address) !== null;
  }

  /** The message up to which a replica lacks none. */
  #completeUpTo(replica: Replica | null): number {
    return replica ? (replica.gapAfter ?? this.#deps.logs.highestIdEver(replica.logId)) : 0;
  }

  /** The owning realm has changed a membership. */
  applyUpdate(tx: Transaction, { group, to, change, version }: MembershipUpdate): void {
    if (change !== "removed" || isOlderVersion(version, this.#findMember(group, to)?.version ?? 0)) return;
    this.#openJoins.get(group)?.removed.set(to, version);
    this.removeMember(tx, group, to);
  }

  #findMember(group: FullAddress, address: FullAddress): GroupMember | null {
    const replica = this.#deps.store.find(group);
    return replica && this.#deps.members.find(replica.logId, address);
  }

  /**
   * A shard of this realm says that it has no members of the group any more.
   *
   * @param logId the replica that its messages came from; a newer replica of the group has other members
   */
  removeDestination(tx: Transaction, group: FullAddress, logId: number, destination: string): void {
    const { store, members, cursors } = this.#deps;
    if (store.find(group)?.logId !== logId) return;
    for (const { address } of members.listAt(logId, destination)) members.remove(tx, logId, address);
    cursors.unsubscribe(tx, logId, destination);
    this.#dropIfUnwanted(tx, group);
  }

  /**
   * The message log of a replica that can stand for the group itself.
   *
   * @param atLeast the number of a message that the reader knows to exist; an older replica would be a step back
   * @returns null: only the owning realm can answer
   */
  readableLog(group: FullAddress, by: FullAddress, atLeast: number): number | null {
    const { store, members, logs } = this.#deps;
    const replica = store.find(group);
    if (!replica || replica.completeUpTo === null || replica.gapAfter !== null) return null;
    if (members.find(replica.logId, by) === null) return null;
    return logs.highestIdEver(replica.logId) >= Math.max(replica.completeUpTo, atLeast) ? replica.logId : null;
  }

  /** The message log of a replica, complete or not, and the newest message that the group is known to have. */
  newestKnown(group: FullAddress): { logId: number; newest: number } | null {
    const { store, logs } = this.#deps;
    const replica = store.find(group);
    if (!replica) return null;
    return { logId: replica.logId, newest: Math.max(logs.highestIdEver(replica.logId), replica.completeUpTo ?? 0) };
  }

  #isJoinUnconfirmed(group: FullAddress): boolean {
    const until = this.#unconfirmedJoins.get(group);
    return until !== undefined && until > this.#deps.monotonic();
  }

  #isWanted(logId: number, group: FullAddress): boolean {
    return this.#openJoins.has(group) || this.#deps.members.hasMembers(logId);
  }

  /** Drops a replica that has no readers here. */
  #dropIfUnwanted(tx: Transaction, group: FullAddress): void {
    const { store, cursors } = this.#deps;
    const replica = store.find(group);
    if (!replica || this.#isWanted(replica.logId, group)) return;
    cursors.unsubscribeAll(tx, replica.logId);
    store.drop(tx, replica.logId);
  }
}
