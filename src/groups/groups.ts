import { limits } from "../limits.ts";
import type { Logs } from "../messaging/logs.ts";
import type { NewMessage } from "../messaging/message-store.ts";
import type { GroupMode } from "../protocol/commands.ts";
import type { GroupReply, GroupRequest } from "../protocol/groups.ts";
import { type FullAddress, type Name, splitAddress } from "../protocol/names.ts";
import { type Answer, type Failure, failure, textReply } from "../protocol/replies.ts";
import type { Change } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import type { Group, GroupStore, MemberRow } from "./group-store.ts";
import type { NewsOutbox } from "./group-update-outbox.ts";

/** Where a member's link leads. */
export interface Way {
  /** An object or a realm; null: the member's account is in this object. */
  destination: string | null;
  /** A realm elsewhere keeps a copy of the group. */
  keepsCopy: boolean;
}

export interface Surroundings {
  store: GroupStore;
  logs: Logs;
  news: NewsOutbox;
  clock: Clock;
  addressOf(name: Name): FullAddress;
  wayTo(member: FullAddress): Way;
  /** Whether there is a way to a member now. */
  isReachable(member: FullAddress): boolean;
  /** Tells an account of this object what was made of its membership. @returns false where there is no such account */
  changed(change: Change): boolean;
  /** A group was dropped: its messages are to be swept. */
  dropped(): void;
}

/** An invitation on its way: the notice, and the link that takes it. */
export interface Invitation {
  kind: "sent";
  member: FullAddress;
  notice: number;
  destination: string;
}

/**
 * The groups that live in this object. An open group is everybody's: whoever is logged in may send to it, read it and
 * join it. Of a private one, those who are not in it learn not even that it exists. All that changes or stores something
 * is to be called inside a commit.
 */
export class Groups {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  create(name: Name, mode: GroupMode, owner: FullAddress): Answer {
    const { store, logs, clock } = this.#around;
    if (logs.store.findLog("group", name) !== null) return failure("group-exists", { name });
    const log = store.create(name, mode, owner, clock());
    this.#add(log, owner, 0, store.nextVersion(log, clock()));
    return textReply("group-created", { name });
  }

  /** Stores a message. @returns its number, or null: the sender finds no such group */
  post(name: Name, message: NewMessage): number | null {
    const { logs, news, addressOf } = this.#around;
    const group = this.#visible(name, message.from);
    if (!group) return this.#taken(name, message.uid);
    const { log } = group;
    const id = logs.store.append(log, message);
    if (id === null) return this.#taken(name, message.uid);
    logs.arrived({ log, id, message, group: addressOf(name) });
    news.grown(log);
    return id;
  }

  /** The log of a group, for somebody who wants to read it; null: there is no such group for them. */
  readable(name: Name, by: FullAddress): number | null {
    return this.#visible(name, by)?.log ?? null;
  }

  /** Carries out what is asked of a group; an invitation may be on its way when this returns. */
  handle(request: GroupRequest): GroupReply | Invitation | Failure {
    const { name } = splitAddress(request.group);
    const group = this.#around.store.find(name);
    if (!group) return noSuchGroup(request);
    switch (request.kind) {
      case "join":
        return this.#join(group, request);
      case "leave":
        return this.#leave(group, request);
      case "members":
        return this.#members(group, request);
      case "invite":
        return this.#invite(group, request);
      case "kick":
        return this.#kick(group, request);
    }
  }

  /** Whether somebody belongs to a group, or is invited to. */
  has(group: FullAddress, member: FullAddress): boolean {
    const { store } = this.#around;
    const found = store.find(splitAddress(group).name);
    return found !== null && store.member(found.log, member) !== null;
  }

  /** Whoever is invited was not found where that invitation went. */
  withdraw(group: FullAddress, member: FullAddress, version: number): void {
    const { store, addressOf } = this.#around;
    const { name } = splitAddress(group);
    const found = addressOf(name) === group ? store.find(name) : null;
    const row = found && store.member(found.log, member);
    // They may have been removed since, and invited anew.
    if (found && row?.role === "invited" && row.version === version) store.remove(found.log, member);
  }

  /** A destination says that nobody there belongs to a group any more. */
  unwanted(log: number, destination: string): void {
    const { store, news, addressOf } = this.#around;
    const name = store.nameOf(log);
    const group = name && store.find(name);
    if (!group) return;
    for (const { member } of store.membersAt(log, destination)) store.remove(log, member);
    news.stop(log, destination);
    this.#keepUp(group, addressOf(name));
  }

  #visible(name: Name, by: FullAddress): Group | null {
    const group = this.#around.store.find(name);
    return group && (group.mode === "open" || this.#isMember(group, by)) ? group : null;
  }

  /** The number of a message that a link brings again. Its sender may have been removed since; it was taken all the same. */
  #taken(name: Name, uid: string | null): number | null {
    const { store, logs } = this.#around;
    const group = store.find(name);
    return group && uid !== null ? logs.store.idOf(group.log, uid) : null;
  }

  #isMember({ log }: Group, by: FullAddress): boolean {
    return this.#around.store.member(log, by)?.role === "member";
  }

  #join(group: Group, request: GroupRequest & { kind: "join" }): GroupReply | Failure {
    const { store, logs, clock } = this.#around;
    const { by } = request;
    const before = store.member(group.log, by);
    if (!before && group.mode === "private") return noSuchGroup(request);
    if (!before && this.#isFull(group, by)) return failure("group-full", { group: request.group });
    const isChange = before?.role !== "member" || !group.owner;
    const version = isChange ? store.nextVersion(group.log, clock()) : group.version;
    if (before?.role === "member") this.#feed(group.log, by, request.have);
    else this.#add(group.log, by, request.have, version);
    const owner = group.owner || by;
    if (!group.owner) store.setOwner(group.log, by);
    return { kind: "joined", role: owner === by ? "owner" : "member", newest: logs.store.last(group.log), version };
  }

  /** Whether a group has no place for one more, or none for one more of their realm. */
  #isFull({ log, members }: Group, member: FullAddress): boolean {
    if (members >= limits.membersPerGroup) return true;
    const { destination, keepsCopy } = this.#around.wayTo(member);
    if (destination === null || !keepsCopy) return false;
    return this.#around.store.countAt(log, destination) >= limits.membersPerPeer;
  }

  #leave(group: Group, request: GroupRequest & { kind: "leave" }): GroupReply | Failure {
    const { by } = request;
    const row = this.#around.store.member(group.log, by);
    if (!row) return group.mode === "private" ? noSuchGroup(request) : noSuchMember(request, by);
    this.#remove(group, request.group, by, row.destination);
    return { kind: "left" };
  }

  #members(group: Group, request: GroupRequest & { kind: "members" }): GroupReply | Failure {
    if (group.mode === "private" && !this.#isMember(group, request.by)) return noSuchGroup(request);
    const members = this.#around.store.members(group.log).map(({ member, role, joined }) => ({
      user: member,
      role: member === group.owner ? ("owner" as const) : role,
      joined: new Date(joined).toISOString(),
    }));
    return { kind: "members", members };
  }

  #invite(group: Group, request: GroupRequest & { kind: "invite" }): GroupReply | Invitation | Failure {
    const { store, clock } = this.#around;
    const { by, member } = request;
    if (!this.#isMember(group, by)) {
      return group.mode === "private" ? noSuchGroup(request) : failure("members-only", { group: request.group });
    }
    if (store.member(group.log, member)) return { kind: "invited", state: "already-member" };
    if (this.#isFull(group, member)) return failure("group-full", { group: request.group });
    if (!this.#around.isReachable(member)) return failure("no-such-user", { address: member });
    const { destination } = this.#around.wayTo(member);
    const version = store.nextVersion(group.log, clock());
    const notice = this.#tell(request.group, { member, destination }, { change: "invited", by, version });
    if (notice === null) return failure("no-such-user", { address: member });
    store.put(group.log, { member, role: "invited", joined: clock(), destination, version });
    return destination === null
      ? { kind: "invited", state: "delivered" }
      : { kind: "sent", member, notice, destination };
  }

  #kick(group: Group, request: GroupRequest & { kind: "kick" }): GroupReply | Failure {
    const { by, member } = request;
    if (group.mode === "private" && !this.#isMember(group, by)) return noSuchGroup(request);
    if (group.owner !== by) return failure("owner-only", { group: request.group });
    const { store, clock } = this.#around;
    const row = store.member(group.log, member);
    if (!row) return noSuchMember(request, member);
    const version = store.nextVersion(group.log, clock());
    this.#remove(group, request.group, member, row.destination);
    this.#tell(request.group, row, { change: "removed", by, version });
    return { kind: "kicked" };
  }

  #add(log: number, member: FullAddress, have: number, version: number): void {
    const { store, clock } = this.#around;
    const { destination } = this.#around.wayTo(member);
    store.put(log, { member, role: "member", joined: clock(), destination, version });
    this.#feed(log, member, have);
  }

  /** A place where members are hears of new messages: one that keeps a copy, from the start. */
  #feed(log: number, member: FullAddress, have: number): void {
    const { logs, news } = this.#around;
    const { destination, keepsCopy } = this.#around.wayTo(member);
    if (destination === null) return;
    const newest = logs.store.last(log);
    news.feed(log, destination, keepsCopy ? Math.min(have, newest) : newest);
  }

  #remove(group: Group, address: FullAddress, member: FullAddress, destination: string | null): void {
    const { store, news } = this.#around;
    store.remove(group.log, member);
    if (destination !== null && !store.isAwaitedAt(group.log, destination)) news.stop(group.log, destination);
    this.#keepUp(group, address);
  }

  /** A group whose owner is gone gets another; a private one that has no members is gone itself. */
  #keepUp(group: Group, address: FullAddress): void {
    const { store } = this.#around;
    if (group.owner && !this.#isMember(group, group.owner)) this.#passOn(group, address);
    if (group.mode === "private" && !store.hasMembers(group.log)) {
      store.drop(group.log);
      this.#around.dropped();
    }
  }

  /** The one who has been there for the longest owns the group from now on; where nobody is left, the next to join will. */
  #passOn(group: Group, address: FullAddress): void {
    const { store, clock } = this.#around;
    const next = store.eldest(group.log);
    const before = group.owner as FullAddress;
    store.setOwner(group.log, next?.member ?? "");
    const version = store.nextVersion(group.log, clock());
    if (next) this.#tell(address, next, { change: "owner", by: before, version });
  }

  /** @returns the notice's number, 0 where it has arrived already, or null: there is no such account here */
  #tell(group: FullAddress, { member, destination }: Told, what: Pick<Change, "change" | "by" | "version">) {
    const word: Change = {
      kind: "membership-update",
      uid: crypto.randomUUID(),
      group,
      to: member,
      time: this.#around.clock(),
      ...what,
    };
    if (destination !== null) return this.#around.news.tell(destination, word);
    return this.#around.changed(word) ? 0 : null;
  }
}

/** Whom a change is told. */
type Told = Pick<MemberRow, "member" | "destination">;

function noSuchGroup({ group }: GroupRequest): Failure {
  return failure("no-such-group", { address: group });
}

function noSuchMember({ group }: GroupRequest, member: FullAddress): Failure {
  return failure("no-such-member", { group, member });
}
