import type { Account } from "../accounts/account-store.ts";
import type { Contribution } from "../messaging/message-service.ts";
import type { GroupMode } from "../protocol/commands.ts";
import type { GroupReply } from "../protocol/groups.ts";
import { type Address, type FullAddress, type Name, splitAddress } from "../protocol/names.ts";
import { type Answer, dataReply, type Failure, failure, textReply } from "../protocol/replies.ts";
import type { Rooms } from "../shard/composition.ts";
import { noSuchRealm } from "../shard-api/address-router.ts";
import type { Actor } from "../shard-api/caller.ts";
import { realmObject } from "../shard-api/realm-context.ts";
import { changeGroup, isPassing } from "./group-request-router.ts";

export async function createGroup(rooms: Rooms, { account, me }: Actor, name: Name, mode: GroupMode): Promise<Answer> {
  const place = rooms.places.find({ name, realm: null });
  if (!place) return failure("no-such-realm", { realm: rooms.realm });
  const standing = standingOf(rooms, account, place.address);
  const refused = await begin(rooms, account, place.address);
  if (refused) return refused;
  const answer =
    place.kind === "object"
      ? await realmObject(rooms, place.destination).createGroup(name, mode, me)
      : await rooms.commit.run(() => rooms.groups.create(name, mode, me));
  await rooms.commit.run(() => {
    if (answer.kind === "text") rooms.memberships.set(account.id, place.address, "owner", 0);
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
  const hasLeft = await rooms.commit.run(() => {
    // Nobody expects it any more: whoever asked has left before the answer came.
    if (reply.kind === "joined" && rooms.memberships.roleOf(account.id, group) === null) return true;
    if (reply.kind === "joined") rooms.memberships.set(account.id, group, reply.role, reply.version);
    else if (reply.kind === "failure") stayOut(rooms, account, group, reply, standing);
    return false;
  });
  if (hasLeft) await changeGroup(rooms, { kind: "leave", group, by: me });
  return reply.kind === "failure" ? reply : textReply("group-joined", { group });
}

export async function leaveGroup(rooms: Rooms, { account, me }: Actor, address: Address): Promise<Answer> {
  const place = rooms.places.find(address);
  const group = rooms.places.inFull(address);
  const role = rooms.memberships.roleOf(account.id, group);
  if (!place && role === null) return noSuchRealm(address);
  const isElsewhere = !place || place.kind === "realm";
  const remove = () => rooms.commit.run(() => rooms.memberships.remove(account.id, group));
  // A realm elsewhere may be away, be gone for good, or lie: to be out is not its to allow.
  if (isElsewhere) await remove();
  const reply = await changeGroup(rooms, { kind: "leave", group, by: me });
  if (!isElsewhere && (reply.kind !== "failure" || !isPassing(reply))) await remove();
  // A group that knows nothing of the member is left as well as one that did, and so is one that cannot be told any more.
  const isLeft = reply.kind !== "failure" || !place || (role !== null && isUnknown(reply));
  return isLeft ? textReply("group-left", { group }) : reply;
}

export async function listMembers(rooms: Rooms, { me }: Actor, address: Address): Promise<Answer> {
  const place = rooms.places.find(address);
  if (!place) return noSuchRealm(address);
  const reply = await changeGroup(rooms, { kind: "members", group: place.address, by: me });
  return reply.kind === "members" ? dataReply(reply.members) : asFailure(reply);
}

export async function invite(rooms: Rooms, { me }: Actor, address: Address, invited: Address): Promise<Answer> {
  const [group, member] = [rooms.places.find(address)?.address, rooms.places.find(invited)?.address];
  if (!group || !member) return noSuchRealm(group ? invited : address);
  const reply = await changeGroup(rooms, { kind: "invite", group, by: me, member });
  if (reply.kind !== "invited") return asFailure(reply);
  const sentences = { delivered: "invited", queued: "invitation-queued", "already-member": "already-there" } as const;
  return textReply(sentences[reply.state], { group, member });
}

export async function kick(rooms: Rooms, { me }: Actor, address: Address, kicked: Address): Promise<Answer> {
  const group = rooms.places.find(address)?.address;
  if (!group) return noSuchRealm(address);
  // Also somebody of a realm that is no peer any more.
  const member = rooms.places.inFull(kicked);
  const reply = await changeGroup(rooms, { kind: "kick", group, by: me, member });
  return reply.kind === "kicked" ? textReply("kicked", { group, member }) : asFailure(reply);
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

/** Puts down that an account did not come to belong to a group; inside a commit. */
function stayOut(
  { memberships }: Rooms,
  account: Account,
  group: FullAddress,
  reply: Failure,
  standing: "invited" | null,
): void {
  // Where no answer came, the group may have been joined all the same: what it sends stays expected.
  if (standing === null && isPassing(reply)) return;
  memberships.giveUp(account.id, group, isUnknown(reply) ? null : standing);
}

/** Whether a group has said that it knows nothing of whoever asks. */
function isUnknown({ error }: Failure): boolean {
  return error === "no-such-group" || error === "no-such-member";
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

function asFailure(reply: GroupReply | Failure): Failure {
  return reply.kind === "failure" ? reply : failure("internal");
}
