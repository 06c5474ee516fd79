import type { Result } from "../delivery/retry-policy.ts";
import { changeGroup } from "../groups/group-request-router.ts";
import { limits } from "../limits.ts";
import type { Reader } from "../paging/long-polls.ts";
import type { Chunk } from "../paging/page-stream.ts";
import type { PageOptions } from "../protocol/commands.ts";
import type { GroupReply, GroupRequest } from "../protocol/groups.ts";
import { type FullAddress, type RealmName, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Rooms } from "../shard/composition.ts";
import { groupFor } from "../shard/read-commands.ts";
import { receive } from "../shard/receive-batch.ts";
import type { Change, Envelope } from "../shard-api/outbound-items.ts";
import { realmObject } from "../shard-api/realm-context.ts";

/** A request of another realm that was verified. */
export interface Visit {
  from: RealmName;
  nonce: string;
}
/** What the realm's first object says to a visit that may not come in. */
export type TurnedAway =
  | { kind: "slow-down"; seconds: number }
  | { kind: "replayed" }
  /** The realm itself does not serve now. */
  | { kind: "closed"; failure: Failure };
export type DeliveryAnswer = { kind: "results"; results: Result[] } | TurnedAway;
export type GroupAnswer = { kind: "reply"; reply: GroupReply | Failure } | TurnedAway;
export type QueryAnswer = { kind: "chunk"; chunk: Chunk | Failure } | TurnedAway;

/** Takes a batch of another realm: each message to the shard that holds its recipient. */
export async function takeDelivery(rooms: Rooms, visit: Visit, batch: Envelope[]): Promise<DeliveryAnswer> {
  const admission = rooms.gate.admit(visit.from, visit.nonce, Math.max(1, batch.length));
  if (admission.kind !== "in") return admission;
  const objectOf = (address: FullAddress) => rooms.places.objectOf(splitAddress(address).name);
  const results = await spread(rooms, batch, (envelope) => objectOf(firstStop(envelope)));
  // What was made of a membership concerns the account too, but after the copy: what came with it is not read any more.
  const onward = batch.filter(
    (each): each is Change =>
      each.kind === "membership-update" &&
      objectOf(firstStop(each)) !== objectOf(each.to) &&
      results.get(each)?.state === "delivered",
  );
  for (const [change, result] of await spread(rooms, onward, ({ to }) => objectOf(to))) results.set(change, result);
  hear(rooms, visit.from);
  return { kind: "results", results: batch.map((envelope) => results.get(envelope) ?? { state: "deferred" }) };
}

/** Brings each envelope to its object. @returns what became of it */
async function spread<E extends Envelope>(
  rooms: Rooms,
  batch: readonly E[],
  objectOf: (envelope: E) => string,
): Promise<Map<Envelope, Result>> {
  const results = new Map<Envelope, Result>();
  await Promise.all(
    [...Map.groupBy(batch, objectOf)].map(async ([object, part]) => {
      const spoken = await deliverTo(rooms, object, part);
      for (const [index, envelope] of part.entries()) results.set(envelope, spoken?.[index] ?? { state: "deferred" });
    }),
  );
  return results;
}

/**
 * Whose object hears of an envelope first: its recipient's, or that of this realm's copy of a group. An invitation does not
 * concern the copy.
 */
function firstStop(envelope: Envelope): FullAddress {
  const isForCopy =
    envelope.kind === "group-message" || (envelope.kind === "membership-update" && envelope.change !== "invited");
  return isForCopy ? envelope.group : envelope.to;
}

async function deliverTo(rooms: Rooms, object: string, part: Envelope[]): Promise<Result[] | null> {
  if (rooms.places.isOwn(object)) return receive(rooms, part);
  try {
    return await realmObject(rooms, object).deliver(part);
  } catch (error) {
    console.warn({ event: "shard-unreached", object, messages: part.length, error: String(error) });
    return null;
  }
}

/** Answers another realm's reading of a group: one chunk. */
export async function takeQuery(
  rooms: Rooms,
  visit: Visit,
  group: FullAddress,
  by: FullAddress,
  page: PageOptions,
): Promise<QueryAnswer> {
  const admission = rooms.gate.admit(visit.from, visit.nonce, 1);
  if (admission.kind !== "in") return admission;
  hear(rooms, visit.from);
  // A peer names its readers itself, so their polls are counted together.
  const reader = { name: visit.from, polls: limits.pollsPerPeer };
  const chunk = await groupChunk(rooms, group, by, page, reader);
  if ("rows" in chunk) rooms.gate.charge(visit.from, chunk.rows.length);
  return { kind: "chunk", chunk };
}

/** One chunk of a group of this realm, from the object that has it. */
export async function groupChunk(
  rooms: Rooms,
  group: FullAddress,
  by: FullAddress,
  page: PageOptions,
  reader: Reader,
): Promise<Chunk | Failure> {
  const { holder } = rooms.places.holderOf(group);
  if (holder !== null) return realmObject(rooms, holder).groupChunk(group, by, page, reader);
  const source = groupFor(rooms, group, by);
  return source ? rooms.polls.firstChunk(source, page, reader) : failure("no-such-group", { address: group });
}

/** Answers what another realm asks of a group for one of its users. */
export async function takeGroupRequest(rooms: Rooms, visit: Visit, request: GroupRequest): Promise<GroupAnswer> {
  const admission = rooms.gate.admit(visit.from, visit.nonce, 1);
  if (admission.kind !== "in") return admission;
  hear(rooms, visit.from);
  const reply = await changeGroup(rooms, request);
  rooms.gate.charge(visit.from, rowsOf(request, reply));
  return { kind: "reply", reply };
}

/** What an answer makes the realm read, and bring to the copy of whoever asked. */
function rowsOf(request: GroupRequest, reply: GroupReply | Failure): number {
  if (reply.kind === "members") return reply.members.length;
  return request.kind === "join" && reply.kind === "joined" ? Math.max(0, reply.newest - request.have) : 0;
}

/** Lets another realm see that it came through. */
export async function takeEcho(rooms: Rooms, visit: Visit): Promise<TurnedAway | { kind: "in" }> {
  const admission = rooms.gate.admit(visit.from, visit.nonce, 1);
  if (admission.kind === "in") hear(rooms, visit.from);
  return admission;
}

/** A realm that speaks is there: that is noted, and what waits for it is sent now, from every shard. Nobody waits for that. */
function hear(rooms: Rooms, from: RealmName): void {
  if (!rooms.gate.isNews(from)) return;
  const { commit, config, health } = rooms;
  const noted = commit.run(() => {
    if (config.peers.has(from)) health.noteContact(from, Date.now(), limits.contactWriteMinIntervalMs);
  });
  const others = rooms.places.siblings().map((name) => realmObject(rooms, name).heardFrom(from));
  for (const told of [noted, ...rooms.ways.map((links) => links.heardFrom(from)), ...others]) {
    told.catch((error) => console.warn({ event: "hearing-lost", from, error: String(error) }));
  }
}
