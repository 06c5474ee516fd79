import type { Account } from "../account/store.ts";
import { limits } from "../limits.ts";
import { askRemoteGroup } from "../peer/remote-group.ts";
import type { GroupMode } from "../protocol/commands.ts";
import type { GroupReply, GroupRequest } from "../protocol/groups.ts";
import { type Address, type FullAddress, type Name, splitAddress } from "../protocol/names.ts";
import { type Answer, data, type Failure, failure, type OwnGroup, passing, said } from "../protocol/replies.ts";
import { realmObject } from "./objects.ts";
import type { Contribution } from "./post.ts";
import type { Rooms } from "./rooms.ts";

/** Whoever acts: an account of this object. */
export interface Actor {
  account: Account;
  me: FullAddress;
}

export async function createGroup(rooms: Rooms, { account, me }: Actor, name: Name, mode: GroupMode): Promise<Answer> {
  const place = rooms.places.find({ name, realm: null });
  if (!place) return failure("no-such-realm", { realm: rooms.realm });
  const standing = standingOf(rooms, account, place.address);
  const refused = await begin(rooms, account, place.address);
  if (refused) return refused;
  const answer =
    place.kind === "object"
      ? await realmObject(rooms.env, rooms.config, place.destination).createGroup(name, mode, me)
      : await rooms.commit.run(() => rooms.groups.create(name, mode, me));
  await rooms.commit.run(() => {
    if (answer.kind === "said") rooms.memberships.set(account.id, place.address, "owner", 0);
    else rooms.memberships.giveUp(account.id, place.address, standing);
  });
  return answer;
}

export async function joinGroup(rooms: Rooms, { account, me }: Actor, address: Address): Promise<Answer> {
  const place = rooms.places.find(address);
  if (!place) return noSuchRealm(address);
  const group = place.address;
  const standing = standingOf(rooms, account, group);
  const refused = await begin(rooms, account, group);
  if (refused) return refused;
  const reply = await changeGroup(rooms, { kind: "join", group, by: me, have: 0 });
  await rooms.commit.run(() => {
    if (reply.kind === "joined") rooms.memberships.set(account.id, group, reply.role, reply.version);
    // Where no answer came, the group may have been joined all the same: what it sends stays expected.
    else if (reply.kind === "failure" && !isPassing(reply)) {
      rooms.memberships.giveUp(account.id, group, reply.error === "group-full" ? standing : null);
    }
  });
  return reply.kind === "failure" ? reply : said("group-joined", { group });
}

export async function leaveGroup(rooms: Rooms, { account, me }: Actor, address: Address): Promise<Answer> {
  const place = rooms.places.find(address);
  if (!place) return noSuchRealm(address);
  const group = place.address;
  const reply = await changeGroup(rooms, { kind: "leave", group, by: me });
  if (reply.kind === "failure" && isPassing(reply)) return reply;
  const role = rooms.memberships.roleOf(account.id, group);
  await rooms.commit.run(() => rooms.memberships.remove(account.id, group));
  // A group that knows nothing of the member is left as well as one that did.
  return reply.kind === "failure" && role === null ? reply : said("group-left", { group });
}

export async function listMembers(rooms: Rooms, { me }: Actor, address: Address): Promise<Answer> {
  const place = rooms.places.find(address);
  if (!place) return noSuchRealm(address);
  const reply = await changeGroup(rooms, { kind: "members", group: place.address, by: me });
  return reply.kind === "members" ? data(reply.members) : asFailure(reply);
}

export async function invite(rooms: Rooms, { me }: Actor, address: Address, invited: Address): Promise<Answer> {
  const [group, member] = [rooms.places.find(address)?.address, rooms.places.find(invited)?.address];
  if (!group || !member) return noSuchRealm(group ? invited : address);
  const reply = await changeGroup(rooms, { kind: "invite", group, by: me, member });
  if (reply.kind !== "invited") return asFailure(reply);
  const sentences = { delivered: "invited", queued: "invitation-queued", standing: "already-there" } as const;
  return said(sentences[reply.state], { group, member });
}

export async function kick(rooms: Rooms, { me }: Actor, address: Address, kicked: Address): Promise<Answer> {
  const [group, member] = [rooms.places.find(address)?.address, rooms.places.find(kicked)?.address];
  if (!group || !member) return noSuchRealm(group ? kicked : address);
  const reply = await changeGroup(rooms, { kind: "kick", group, by: me, member });
  return reply.kind === "kicked" ? said("kicked", { group, member }) : asFailure(reply);
}

/** Brings a request to the object that has the group; to a realm elsewhere through the object that has the copy of it. */
export async function changeGroup(rooms: Rooms, request: GroupRequest): Promise<GroupReply | Failure> {
  const { holder, isCopy } = holderOf(rooms, request.group);
  if (holder !== null) return realmObject(rooms.env, rooms.config, holder).changeGroup(request);
  return isCopy ? changeElsewhere(rooms, request) : changeHere(rooms, request);
}

async function changeHere(rooms: Rooms, request: GroupRequest): Promise<GroupReply | Failure> {
  const reply = await rooms.commit.run(() => rooms.groups.handle(request));
  if (reply.kind !== "sent") return reply;
  // The invitation went to another object, which knows whether there is such an account.
  await rooms.newsLinks.news(reply.destination, noticesAccount, reply.notice, limits.deliveryAnswerMs);
  if (rooms.news.isWaiting(reply.notice)) return { kind: "invited", state: "queued" };
  return rooms.groups.has(request.group, reply.member)
    ? { kind: "invited", state: "delivered" }
    : failure("no-such-user", { address: reply.member });
}

/** The account that notices have among what the links carry. */
const noticesAccount = 0;

async function changeElsewhere(rooms: Rooms, request: GroupRequest): Promise<GroupReply | Failure> {
  const { https, replicas, commit } = rooms;
  const { group, by } = request;
  if (request.kind === "join") {
    const write = <T>(work: () => T) => commit.run(work);
    return replicas.join(group, by, write, async (have): Promise<Joined | Failure> => {
      const reply = await askRemoteGroup(https, { ...request, have });
      return reply.kind === "joined" || reply.kind === "failure" ? reply : faulty(group);
    });
  }
  const answer = await askRemoteGroup(https, request);
  const reply = answer.kind === "failure" || answer.kind === replyTo[request.kind] ? answer : faulty(group);
  const isOut = reply.kind === "left" || (reply.kind === "failure" && !isPassing(reply));
  if (request.kind === "leave" && isOut) await commit.run(() => replicas.left(group, by));
  return reply;
}

/**
 * Has what is missing from a copy brought again. Nobody waits for that: until it has come the group is read where it is. It is
 * asked for once: a message that cannot be taken would come for ever, and the next to join asks again.
 */
export async function mend({ commit, https, replicas }: Rooms, group: FullAddress): Promise<void> {
  try {
    const missing = await commit.run(() => replicas.missing(group));
    if (!missing) return;
    const reply = await askRemoteGroup(https, { kind: "join", group, ...missing });
    // Whoever has left meanwhile was not to come back.
    const isBack = reply.kind === "joined" && !replicas.has(group, missing.by);
    if (isBack) await askRemoteGroup(https, { kind: "leave", group, by: missing.by });
    if (reply.kind === "failure") console.warn({ event: "copy-not-mended", group, error: reply.error });
  } catch (error) {
    console.warn({ event: "copy-not-mended", group, error: String(error) });
  }
}

/** What a realm that makes sense answers with. */
const replyTo = { leave: "left", members: "members", invite: "invited", kick: "kicked" } as const;
type Joined = Extract<GroupReply, { kind: "joined" }>;

/** Which object has a group, or the copy of one: null for this one. */
export function holderOf(rooms: Rooms, group: FullAddress): { holder: string | null; isCopy: boolean } {
  const { name, realm } = splitAddress(group);
  const isCopy = !rooms.config.hosted.has(realm);
  const object = rooms.places.objectOf(name, isCopy ? rooms.realm : realm);
  return { holder: rooms.places.isOwn(object) ? null : object, isCopy };
}

/** What an account wants to know of a group that it belongs to. */
export interface HeadRequest {
  group: FullAddress;
  by: FullAddress;
  /** How far the account has read. */
  read: number;
}
export type Head = { newest: number; unread: number } | null;

/** Answers `groups`: each object that has some of them is asked once. */
export async function listGroups(rooms: Rooms, { account, me }: Actor): Promise<Answer> {
  const own = rooms.memberships.of(account.id).filter(({ role }) => role !== "joining");
  const belonging = own.filter(({ role }) => role !== "invited");
  const requests = belonging.map(({ group }): HeadRequest => {
    return { group, by: me, read: rooms.marks.of(account.id, "group", group) };
  });
  const byHolder = Map.groupBy(requests, ({ group }) => holderOf(rooms, group).holder);
  const heads = new Map<FullAddress, Head>();
  await Promise.all(
    [...byHolder].map(async ([holder, part]) => {
      const found = await headsAt(rooms, holder, part);
      for (const [index, { group }] of part.entries()) heads.set(group, found[index] ?? null);
    }),
  );
  return data(
    own.map(({ group, role }): OwnGroup => {
      const head = heads.get(group) ?? null;
      const read = rooms.marks.of(account.id, "group", group);
      return { group, role: role as OwnGroup["role"], newest: head?.newest ?? null, read, unread: head?.unread ?? 0 };
    }),
  );
}

/** The newest message of a group, or why that cannot be told now. */
export async function newestOf(rooms: Rooms, group: FullAddress, by: FullAddress): Promise<number | Failure> {
  const { holder, isCopy } = holderOf(rooms, group);
  const request = [{ group, by, read: 0 }];
  const [head] =
    holder === null
      ? groupHeads(rooms, request)
      : await realmObject(rooms.env, rooms.config, holder).groupHeads(request);
  if (head) return head.newest;
  const seconds = limits.awayRetrySeconds;
  if (isCopy) return failure("realm-away", { realm: splitAddress(group).realm, seconds }, seconds);
  return head === null ? failure("no-such-group", { address: group }) : passing("unavailable", seconds);
}

async function headsAt(rooms: Rooms, holder: string | null, part: HeadRequest[]): Promise<Head[]> {
  if (holder === null) return groupHeads(rooms, part);
  try {
    return await realmObject(rooms.env, rooms.config, holder).groupHeads(part);
  } catch (error) {
    console.warn({ event: "heads-unread", holder, groups: part.length, error: String(error) });
    return [];
  }
}

/** The newest messages of groups, or of copies, that this object has. */
export function groupHeads(rooms: Rooms, requests: HeadRequest[]): Head[] {
  const { groups, logs, replicas } = rooms;
  return requests.map(({ group, by, read }) => {
    const { isCopy } = holderOf(rooms, group);
    if (isCopy) {
      const head = replicas.head(group);
      return head && { newest: head.newest, unread: logs.store.unread(head.log, read, by) };
    }
    const log = groups.readable(splitAddress(group).name, by);
    return log === null ? null : { newest: logs.store.last(log), unread: logs.store.unread(log, read, by) };
  });
}

/** Remembers how far groups elsewhere have come by what accounts of this object have sent to them. */
export class Seen {
  readonly #newest = new Map<FullAddress, number>();

  note(group: FullAddress, id: number): void {
    if (this.#newest.size >= limits.groupsSeen) this.#newest.clear();
    this.#newest.set(group, Math.max(id, this.of(group)));
  }

  /** A message that is there for certain, 0 for none. */
  of(group: FullAddress): number {
    return this.#newest.get(group) ?? 0;
  }
}

/** To be called after a commit: whoever has sent to an open group elsewhere becomes a member of it. Nobody waits for that. */
export function contributed(rooms: Rooms, { account, from, group, id }: Contribution): void {
  if (id !== null) rooms.seen.note(group, id);
  const join = `${account} ${group}`;
  if (rooms.memberships.isMember(account, group) || rooms.joining.has(join)) return;
  rooms.joining.add(join);
  const { name } = splitAddress(from);
  joinGroup(rooms, { account: { id: account, name }, me: from }, splitAddress(group))
    .catch((error) => console.warn({ event: "membership-not-noted", group, error: String(error) }))
    .finally(() => rooms.joining.delete(join));
}

/** What an account is again in a group where an attempt to belong to it came to nothing. */
function standingOf({ memberships }: Rooms, account: Account, group: FullAddress): "invited" | null {
  return memberships.roleOf(account.id, group) === "invited" ? "invited" : null;
}

/** @returns why the account may not join one more group, or null: it is expected to */
async function begin(rooms: Rooms, account: Account, group: FullAddress): Promise<Failure | null> {
  return rooms.commit.run(() => {
    const role = rooms.memberships.roleOf(account.id, group);
    const isNew = role === null || role === "invited";
    if (isNew && !rooms.memberships.hasRoom(account.id)) return failure("too-many-groups");
    rooms.memberships.begin(account.id, group);
    return null;
  });
}

/** Whether a failure says nothing of what became of the request. */
function isPassing({ error }: Failure): boolean {
  return ["realm-away", "realm-faulty", "unavailable", "busy", "internal"].includes(error);
}

function asFailure(reply: GroupReply | Failure): Failure {
  return reply.kind === "failure" ? reply : failure("internal");
}

function faulty(group: FullAddress): Failure {
  return failure("realm-faulty", { realm: splitAddress(group).realm });
}

export function noSuchRealm({ realm }: Address): Failure {
  return failure("no-such-realm", { realm: realm ?? "" });
}
