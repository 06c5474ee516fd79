import { askRemoteGroup } from "../federation/remote-group.ts";
import { limits } from "../limits.ts";
import type { GroupReply, GroupRequest } from "../protocol/groups.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Rooms } from "../shard/composition.ts";
import { realmObject } from "../shard-api/realm-context.ts";
import { noticesAccount } from "./group-update-outbox.ts";

/** Brings a request to the object that has the group; to a realm elsewhere through the object that has the copy of it. */
export async function changeGroup(rooms: Rooms, request: GroupRequest): Promise<GroupReply | Failure> {
  const { holder, isCopy } = rooms.places.holderOf(request.group);
  if (holder !== null) return realmObject(rooms, holder).changeGroup(request);
  return isCopy ? changeElsewhere(rooms, request) : changeHere(rooms, request);
}

async function changeHere(rooms: Rooms, request: GroupRequest): Promise<GroupReply | Failure> {
  const reply = await rooms.commit.run(() => rooms.groups.handle(request));
  if (reply.kind !== "sent") return reply;
  // The invitation went to another object, which knows whether there is such an account.
  await rooms.newsLinks.news(reply.destination, noticesAccount, reply.notice, limits.deliveryWaitMs);
  if (rooms.news.isWaiting(reply.notice)) return { kind: "invited", state: "queued" };
  return rooms.groups.has(request.group, reply.member)
    ? { kind: "invited", state: "delivered" }
    : failure("no-such-user", { address: reply.member });
}

async function changeElsewhere(rooms: Rooms, request: GroupRequest): Promise<GroupReply | Failure> {
  const { https, replicas, commit } = rooms;
  const { group, by } = request;
  if (request.kind === "join") {
    const write = <T>(work: () => T) => commit.run(work);
    return replicas.join(group, by, write, async (have): Promise<Joined | Failure> => {
      const reply = await askRemoteGroup(https, { ...request, have });
      if (reply.kind === "failure" && isPassing(reply)) replicas.doubt(group);
      return reply.kind === "joined" || reply.kind === "failure" ? reply : faulty(group);
    });
  }
  // Whoever leaves reads the copy no more, whatever the group's realm says, and whether it hears of it or not.
  if (request.kind === "leave") await commit.run(() => replicas.left(group, by));
  const answer = await askRemoteGroup(https, request);
  return answer.kind === "failure" || answer.kind === replyTo[request.kind] ? answer : faulty(group);
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

/** Whether a failure says nothing of what became of the request. */
export function isPassing({ error }: Failure): boolean {
  return ["realm-away", "realm-faulty", "unavailable", "busy", "internal"].includes(error);
}

function faulty(group: FullAddress): Failure {
  return failure("realm-faulty", { realm: splitAddress(group).realm });
}
