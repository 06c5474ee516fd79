import type { Result } from "../delivery/retry-policy.ts";
import { limits } from "../limits.ts";
import type { Logs } from "../messaging/logs.ts";
import { isOlderVersion } from "../protocol/groups.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Change, Copy } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import type { GroupStore, MemberRow, Replica } from "./group-store.ts";
import type { NewsOutbox } from "./group-update-outbox.ts";

export interface Surroundings {
  store: GroupStore;
  logs: Logs;
  news: NewsOutbox;
  clock: Clock;
  /** The object of this realm that a member's account is in; null: this one. */
  objectOf(member: FullAddress): string | null;
  /** A copy was dropped: its messages are to be swept. */
  dropped(): void;
  /** A message is missing from a copy: the group is to be asked for it. Called inside a commit. */
  torn(group: FullAddress): void;
}

/**
 * Copies of groups of other realms, each in one object of this realm, whatever the number of its members here. The owning
 * realm sends every message once; numbers and order are its own. From here the other objects hear of them.
 */
export class Replicas {
  readonly #around: Surroundings;
  /**
   * Groups that are being asked, how often, and who was removed meanwhile by which version: what they send is wanted. Lost with
   * the object, as is the answer.
   */
  readonly #joining = new Map<FullAddress, { asked: number; removed: Map<FullAddress, number> }>();

  /** Groups that may have been joined though the answer was lost, and until when that is remembered. Lost with the object. */
  readonly #doubted = new Map<FullAddress, number>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /**
   * Asks to join while copies are expected.
   *
   * @param ask what the owning realm says, given the newest message that is here; a failure of any kind is no `newest`
   */
  async join<R extends { newest: number; version: number } | { error: unknown }>(
    group: FullAddress,
    member: FullAddress,
    write: <T>(work: () => T) => Promise<T>,
    ask: (have: number) => Promise<R>,
  ): Promise<R> {
    const joining = this.#joining.get(group) ?? { asked: 0, removed: new Map() };
    this.#joining.set(group, joining);
    joining.asked++;
    this.#doubted.delete(group);
    try {
      await write(() => this.#around.store.replica(group) ?? this.#around.store.createReplica(group));
      const have = () => this.#have(this.#around.store.replica(group));
      const answer = await ask(have());
      const removed = joining.removed.get(member);
      joining.removed.delete(member);
      // Where a removal has come meanwhile that is no older than the answer, or nobody can say, the group knows.
      const isOld = "newest" in answer && removed !== undefined && !isOlderVersion(removed, answer.version);
      const reply = isOld ? await ask(have()) : answer;
      if ("newest" in reply) await write(() => this.#joined(group, member, reply));
      return reply;
    } finally {
      if (--joining.asked === 0) this.#joining.delete(group);
      await write(() => this.#tidy(group));
    }
  }

  #joined(group: FullAddress, member: FullAddress, { newest, version }: { newest: number; version: number }): void {
    const { store, logs, news, clock } = this.#around;
    const replica = store.replica(group) ?? store.createReplica(group);
    if (newest > (replica.complete ?? -1)) store.setComplete(replica.log, newest);
    const destination = this.#around.objectOf(member);
    store.put(replica.log, { member, role: "member", joined: clock(), destination, version });
    if (destination !== null) news.feed(replica.log, destination, logs.store.last(replica.log));
  }

  /** The answer to a join was lost: whether it was made only the group knows. */
  doubt(group: FullAddress): void {
    if (this.#doubted.size >= limits.unconfirmedJoinsMax) this.#doubted.clear();
    this.#doubted.set(group, this.#around.clock() + limits.unconfirmedJoinMs);
  }

  #isDoubted(group: FullAddress): boolean {
    return (this.#doubted.get(group) ?? 0) > this.#around.clock();
  }

  /** A member is none any more. To be called inside a commit, as are all that follow. */
  left(group: FullAddress, member: FullAddress): void {
    const { store, news } = this.#around;
    this.#doubted.delete(group);
    const replica = store.replica(group);
    if (!replica) return;
    const row = store.member(replica.log, member);
    store.remove(replica.log, member);
    const destination = row?.destination ?? null;
    if (destination !== null && !store.isAwaitedAt(replica.log, destination)) news.stop(replica.log, destination);
    this.#tidy(group);
  }

  /** Takes a message that the owning realm sends. */
  take({ group, id, after, from, text, time }: Copy): Result {
    const { store, logs, news, clock } = this.#around;
    const replica = store.replica(group);
    if (!replica || !this.#isWanted(replica.log, group)) {
      // To say that nobody is here would make the group remove whoever does not know yet that they are in.
      return this.#isDoubted(group) ? { state: "deferred" } : { state: "failed", reason: "no-such-group" };
    }
    const message = { uid: null, from, text, time, arrived: clock() };
    const last = logs.store.last(replica.log);
    if (after !== undefined) this.#follow(replica, group, id, after, last);
    const isNew = logs.store.copy(replica.log, id, message);
    // What comes late is read in its place; who listens hears numbers that only rise.
    if (isNew && id > last) {
      logs.arrived({ log: replica.log, id, message, group });
      news.grown(replica.log);
    }
    return { state: "delivered" };
  }

  /**
   * Finds holes: where what was told before a message is not here, it was given up on the way. All that is behind a hole is
   * brought again, and what follows without a gap moves the hole on, until there is nothing behind it.
   *
   * @param last the newest that is here, but for the message itself
   */
  #follow({ log, hole }: Replica, group: FullAddress, id: number, after: number, last: number): void {
    const { store, torn } = this.#around;
    if (hole === null && after > last) {
      store.setHole(log, last);
      torn(group);
    }
    if (hole !== null && after <= hole && id > hole) store.setHole(log, id < last ? id : null);
  }

  /** What to ask the owning realm for, and in whose name, so that a hole is filled; or null. */
  missing(group: FullAddress): { by: FullAddress; have: number } | null {
    const replica = this.#around.store.replica(group);
    const member = replica && this.#around.store.eldest(replica.log);
    return replica?.hole != null && member ? { by: member.member, have: this.#have(replica) } : null;
  }

  /** Whether somebody is a member of a group that there is a copy of. */
  has(group: FullAddress, member: FullAddress): boolean {
    return this.#memberOf(group, member) !== null;
  }

  /** Up to which message a copy lacks none. */
  #have(replica: Replica | null): number {
    return replica ? (replica.hole ?? this.#around.logs.store.last(replica.log)) : 0;
  }

  /** What was made of a member's membership. */
  heard({ group, to, change, version }: Change): void {
    if (change !== "removed" || isOlderVersion(version, this.#memberOf(group, to)?.version ?? 0)) return;
    this.#joining.get(group)?.removed.set(to, version);
    this.left(group, to);
  }

  #memberOf(group: FullAddress, member: FullAddress): MemberRow | null {
    const replica = this.#around.store.replica(group);
    return replica && this.#around.store.member(replica.log, member);
  }

  /** An object of this realm says that nobody there belongs to a group any more. */
  unwanted(log: number, destination: string): void {
    const { store, news } = this.#around;
    const group = store.copiedBy(log);
    if (group === null) return;
    for (const { member } of store.membersAt(log, destination)) store.remove(log, member);
    news.stop(log, destination);
    this.#tidy(group);
  }

  /**
   * The log of a copy that can stand for the group itself.
   *
   * @param atLeast a message that the reader knows to be there: a copy that has not come so far would be a step back
   * @returns null where only the owning realm can answer
   */
  readable(group: FullAddress, by: FullAddress, atLeast: number): number | null {
    const { store, logs } = this.#around;
    const replica = store.replica(group);
    if (!replica || replica.complete === null || replica.hole !== null) return null;
    if (store.member(replica.log, by) === null) return null;
    return logs.store.last(replica.log) >= Math.max(replica.complete, atLeast) ? replica.log : null;
  }

  /** The log of a copy, whole or not, and the newest message that the group is known to have; or null. */
  head(group: FullAddress): { log: number; newest: number } | null {
    const { store, logs } = this.#around;
    const replica = store.replica(group);
    return replica && { log: replica.log, newest: Math.max(logs.store.last(replica.log), replica.complete ?? 0) };
  }

  #isWanted(log: number, group: FullAddress): boolean {
    return this.#joining.has(group) || this.#around.store.hasMembers(log);
  }

  /** A copy that nobody here reads is nobody's to keep. */
  #tidy(group: FullAddress): void {
    const replica = this.#around.store.replica(group);
    if (!replica || this.#isWanted(replica.log, group)) return;
    this.#around.store.drop(replica.log);
    this.#around.dropped();
  }
}
