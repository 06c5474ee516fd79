import { limits } from "../limits.ts";
import type { Envelope } from "../link/envelope.ts";
import type { Result } from "../link/rules.ts";
import type { Reader } from "../message/polls.ts";
import type { Chunk } from "../message/stream.ts";
import type { Page } from "../protocol/commands.ts";
import type { GroupReply, GroupRequest } from "../protocol/groups.ts";
import { type FullAddress, type Name, type RealmName, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { receive } from "./arrivals.ts";
import { changeGroup } from "./group-requests.ts";
import { realmObject } from "./objects.ts";
import { groupFor } from "./reading.ts";
import type { Rooms } from "./rooms.ts";

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
  const byObject = Map.groupBy(batch, (envelope) => rooms.places.objectOf(nameIn(envelope)));
  const results = new Map<Envelope, Result>();
  await Promise.all(
    [...byObject].map(async ([object, part]) => {
      const spoken = await deliverTo(rooms, object, part);
      for (const [index, envelope] of part.entries()) results.set(envelope, spoken?.[index] ?? { state: "later" });
    }),
  );
  hear(rooms, visit.from);
  return { kind: "results", results: batch.map((envelope) => results.get(envelope) ?? { state: "later" }) };
}

/**
 * Whose object an envelope goes to: its recipient's, or where this realm's copy of a group is. An invitation does not concern
 * the copy, and only the recipient's object knows whether there is somebody to invite.
 */
function nameIn(envelope: Envelope): Name {
  const isForCopy = envelope.kind === "copy" || (envelope.kind === "change" && envelope.change !== "invited");
  return splitAddress(isForCopy ? envelope.group : envelope.to).name;
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
  page: Page,
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
  page: Page,
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
    if (config.peers.has(from)) health.noteContact(from, Date.now(), limits.contactEveryMs);
  });
  const others = rooms.places.siblings().map((name) => realmObject(rooms, name).heardFrom(from));
  for (const told of [noted, ...rooms.ways.map((links) => links.heardFrom(from)), ...others]) {
    told.catch((error) => console.warn({ event: "hearing-lost", from, error: String(error) }));
  }
}
