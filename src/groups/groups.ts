import { limits } from "../limits.ts";
import type { AppendResult, MessageLogStore, NewMessage } from "../messaging/message-log-store.ts";
import type { GroupMode } from "../protocol/commands.ts";
import type { GroupReply, GroupRequest } from "../protocol/group-requests.ts";
import {
  type FullAddress,
  fullAddress,
  type Name,
  parseName,
  type RealmName,
  splitAddress,
} from "../protocol/names.ts";
import { type Answer, type Failure, failure, textReply } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { MembershipUpdate } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { GroupMember, GroupMembers } from "./group-members.ts";
import type { Group, GroupStore } from "./group-store.ts";
import type { MembershipUpdateReceiver } from "./membership-update-receiver.ts";
import type { PendingMembershipUpdates } from "./pending-membership-updates.ts";
import type { ReplicationCursors } from "./replication-cursors.ts";

export interface GroupsDeps {
  realm: RealmName;
  router: AddressRouter;
  store: GroupStore;
  members: GroupMembers;
  logs: MessageLogStore;
  cursors: ReplicationCursors;
  pendingUpdates: PendingMembershipUpdates;
  updateReceiver: MembershipUpdateReceiver;
  clock: Clock;
}

/** What became of a message for a group. */
export type PostResult = AppendResult | { kind: "no-such-group" };

/** An invitation that is on its way to another shard or realm. */
export interface QueuedInvitation {
  kind: "invitation-queued";
  member: FullAddress;
  updateId: number;
  destination: string;
}

/**
 * The groups of this shard, and who may do what in them. Every account may send to an open group, read it and join it. To
 * an account outside, a private group does not exist.
 */
export class Groups {
  readonly #deps: GroupsDeps;

  constructor(deps: GroupsDeps) {
    this.#deps = deps;
  }

  create(tx: Transaction, name: Name, mode: GroupMode, owner: FullAddress): Answer {
    const { store, logs, clock } = this.#deps;
    if (logs.findLog("group", name) !== null) return failure("group-exists", { name });
    const logId = store.create(tx, name, mode, owner, clock());
    this.#addMember(tx, logId, owner, 0, store.nextVersion(tx, logId, clock()));
    return textReply("group-created", { name });
  }

  /** Stores a message. */
  post(tx: Transaction, name: Name, message: NewMessage): PostResult {
    const { logs, cursors, realm } = this.#deps;
    const group = this.#visible(name, message.from);
    if (!group) return this.#duplicate(name, message.uid) ?? { kind: "no-such-group" };
    const stored = logs.append(tx, group.logId, message, fullAddress(name, realm));
    if (stored.kind === "stored") cursors.messageAppended(tx, group.logId);
    return stored;
  }

  /** The message log of a group that an account may read; null: for the account there is no such group. */
  readableLog(name: Name, by: FullAddress): number | null {
    return this.#visible(name, by)?.logId ?? null;
  }

  /** Does what an account asks of a group. An invitation to another shard or realm is still on its way afterwards. */
  handle(tx: Transaction, request: GroupRequest): GroupReply | QueuedInvitation | Failure {
    const group = this.#deps.store.find(splitAddress(request.group).name);
    if (!group) return noSuchGroup(request);
    switch (request.kind) {
      case "join":
        return this.#join(tx, group, request);
      case "leave":
        return this.#leave(tx, group, request);
      case "members":
        return this.#listMembers(group, request);
      case "invite":
        return this.#invite(tx, group, request);
      case "kick":
        return this.#kick(tx, group, request);
    }
  }

  /** Whether an account is a member or is invited. */
  has(group: FullAddress, member: FullAddress): boolean {
    const { store, members } = this.#deps;
    const found = store.find(splitAddress(group).name);
    return found !== null && members.find(found.logId, member) !== null;
  }

  /** Takes back an invitation that could not be delivered, unless the account was invited anew since. */
  withdrawInvitation(tx: Transaction, group: FullAddress, member: FullAddress, version: number): void {
    const { store, members, realm } = this.#deps;
    const address = splitAddress(group);
    const found = address.realm === realm ? store.find(address.name) : null;
    const row = found && members.find(found.logId, member);
    if (found && row?.role === "invited" && row.version === version) store.removeMember(tx, found.logId, member);
  }

  /** A destination says that it has no members of a group any more. */
  removeDestination(tx: Transaction, logId: number, destination: string): void {
    const { store, members, cursors, logs, realm } = this.#deps;
    const name = parseName(logs.nameOf(logId, "group") ?? "");
    const group = name && store.find(name);
    if (!group) return;
    for (const { address } of members.listAt(logId, destination)) store.removeMember(tx, logId, address);
    cursors.unsubscribe(tx, logId, destination);
    this.#afterMemberGone(tx, group, fullAddress(name, realm));
  }

  #visible(name: Name, by: FullAddress): Group | null {
    const group = this.#deps.store.find(name);
    return group && (group.mode === "open" || this.#isMember(group, by)) ? group : null;
  }

  /** A message that a delivery brings again. It was accepted, even if its sender was removed since. */
  #duplicate(name: Name, uid: string | null): PostResult | null {
    const { store, logs } = this.#deps;
    const group = store.find(name);
    const id = group && uid !== null ? logs.idOfUid(group.logId, uid) : null;
    return id === null ? null : { kind: "duplicate", id };
  }

  #isMember({ logId }: Group, by: FullAddress): boolean {
    return this.#deps.members.find(logId, by)?.role === "member";
  }

  #join(tx: Transaction, group: Group, request: GroupRequest & { kind: "join" }): GroupReply | Failure {
    const { store, members, logs, clock } = this.#deps;
    const { logId } = group;
    const { by } = request;
    const before = members.find(logId, by);
    if (!before && group.mode === "private") return noSuchGroup(request);
    if (!before && this.#isFullFor(group, by)) return failure("group-full", { group: request.group });
    const isChange = before?.role !== "member" || group.owner === null;
    const version = isChange ? store.nextVersion(tx, logId, clock()) : group.version;
    if (before?.role === "member") this.#subscribe(tx, logId, by, request.have);
    else this.#addMember(tx, logId, by, request.have, version);
    if (group.owner === null) store.setOwner(tx, logId, by);
    const role = (group.owner ?? by) === by ? "owner" : "member";
    return { kind: "joined", role, newest: logs.highestIdEver(logId), version };
  }

  /** Whether a group has no place for one more member, or none for one more of the member's realm. */
  #isFullFor({ logId, memberCount }: Group, member: FullAddress): boolean {
    if (memberCount >= limits.membersPerGroup) return true;
    const { destination, keepsReplica } = this.#deps.router.routeToMember(member);
    if (destination === null || !keepsReplica) return false;
    return this.#deps.members.countAt(logId, destination) >= limits.membersPerPeer;
  }

  #leave(tx: Transaction, group: Group, request: GroupRequest & { kind: "leave" }): GroupReply | Failure {
    const { by } = request;
    const row = this.#deps.members.find(group.logId, by);
    if (!row) return group.mode === "private" ? noSuchGroup(request) : noSuchMember(request, by);
    this.#removeMember(tx, group, request.group, row);
    return { kind: "left" };
  }

  #listMembers(group: Group, request: GroupRequest & { kind: "members" }): GroupReply | Failure {
    if (group.mode === "private" && !this.#isMember(group, request.by)) return noSuchGroup(request);
    const members = this.#deps.members.list(group.logId).map(({ address, role, joinedAt }) => ({
      user: address,
      role: address === group.owner ? ("owner" as const) : role,
      joined: new Date(joinedAt).toISOString(),
    }));
    return { kind: "members", members };
  }

  #invite(
    tx: Transaction,
    group: Group,
    request: GroupRequest & { kind: "invite" },
  ): GroupReply | QueuedInvitation | Failure {
    const { store, members, router, clock } = this.#deps;
    const { by, member } = request;
    if (!this.#isMember(group, by)) {
      return group.mode === "private" ? noSuchGroup(request) : failure("members-only", { group: request.group });
    }
    if (members.find(group.logId, member)) return { kind: "invited", state: "already-member" };
    if (this.#isFullFor(group, member)) return failure("group-full", { group: request.group });
    if (!router.routeTo(splitAddress(member))) return failure("no-such-user", { address: member });
    const { destination } = router.routeToMember(member);
    const version = store.nextVersion(tx, group.logId, clock());
    const invited: GroupMember = { address: member, role: "invited", joinedAt: clock(), destination, version };
    const notified = this.#notify(tx, request.group, invited, { change: "invited", by, version });
    if (notified.kind === "no-such-account") return failure("no-such-user", { address: member });
    store.putMember(tx, group.logId, invited);
    if (notified.kind === "applied") return { kind: "invited", state: "delivered" };
    const { updateId, destination: queuedFor } = notified;
    return { kind: "invitation-queued", member, updateId, destination: queuedFor };
  }

  #kick(tx: Transaction, group: Group, request: GroupRequest & { kind: "kick" }): GroupReply | Failure {
    const { by, member } = request;
    if (group.mode === "private" && !this.#isMember(group, by)) return noSuchGroup(request);
    if (group.owner !== by) return failure("owner-only", { group: request.group });
    const { store, members, clock } = this.#deps;
    const row = members.find(group.logId, member);
    if (!row) return noSuchMember(request, member);
    const version = store.nextVersion(tx, group.logId, clock());
    this.#removeMember(tx, group, request.group, row);
    this.#notify(tx, request.group, row, { change: "removed", by, version });
    return { kind: "kicked" };
  }

  #addMember(tx: Transaction, logId: number, member: FullAddress, have: number, version: number): void {
    const { store, router, clock } = this.#deps;
    const { destination } = router.routeToMember(member);
    store.putMember(tx, logId, { address: member, role: "member", joinedAt: clock(), destination, version });
    this.#subscribe(tx, logId, member, have);
  }

  /** The member's destination is sent new messages; one that keeps a replica also the messages that it lacks. */
  #subscribe(tx: Transaction, logId: number, member: FullAddress, have: number): void {
    const { logs, cursors, router } = this.#deps;
    const { destination, keepsReplica } = router.routeToMember(member);
    if (destination === null) return;
    const newest = logs.highestIdEver(logId);
    cursors.subscribe(tx, logId, destination, keepsReplica ? Math.min(have, newest) : newest);
  }

  #removeMember(tx: Transaction, group: Group, groupAddress: FullAddress, member: GroupMember): void {
    const { store, members, cursors } = this.#deps;
    const { address, destination } = member;
    store.removeMember(tx, group.logId, address);
    if (destination !== null && !members.hasMemberAt(group.logId, destination)) {
      cursors.unsubscribe(tx, group.logId, destination);
    }
    this.#afterMemberGone(tx, group, groupAddress);
  }

  /** Gives a group without its owner another one, and drops a private group without members. */
  #afterMemberGone(tx: Transaction, group: Group, groupAddress: FullAddress): void {
    const { store, members, cursors } = this.#deps;
    const { logId, owner } = group;
    if (owner !== null && !this.#isMember(group, owner)) this.#transferOwnership(tx, logId, owner, groupAddress);
    if (group.mode === "private" && !members.hasMembers(logId)) {
      cursors.unsubscribeAll(tx, logId);
      store.drop(tx, logId);
    }
  }

  /** The longest member owns the group from now on. Without members, the next one to join does. */
  #transferOwnership(tx: Transaction, logId: number, from: FullAddress, groupAddress: FullAddress): void {
    const { store, members, clock } = this.#deps;
    const next = members.longestMember(logId);
    store.setOwner(tx, logId, next?.address ?? null);
    const version = store.nextVersion(tx, logId, clock());
    if (next) this.#notify(tx, groupAddress, next, { change: "owner", by: from, version });
  }

  /** Tells an account, here or elsewhere, that others have changed its membership. */
  #notify(
    tx: Transaction,
    group: FullAddress,
    { address, destination }: GroupMember,
    what: Pick<MembershipUpdate, "change" | "by" | "version">,
  ): Notified {
    const { pendingUpdates, updateReceiver, clock } = this.#deps;
    const uid = crypto.randomUUID();
    const update: MembershipUpdate = { kind: "membership-update", uid, group, to: address, time: clock(), ...what };
    if (destination === null) {
      return { kind: updateReceiver.apply(tx, update) ? "applied" : "no-such-account" };
    }
    return { kind: "queued", destination, updateId: pendingUpdates.add(tx, destination, update) };
  }
}

type Notified =
  | { kind: "applied" }
  | { kind: "no-such-account" }
  | { kind: "queued"; destination: string; updateId: number };

function noSuchGroup({ group }: GroupRequest): Failure {
  return failure("no-such-group", { address: group });
}

function noSuchMember({ group }: GroupRequest, member: FullAddress): Failure {
  return failure("no-such-member", { group, member });
}
