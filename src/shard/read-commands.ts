import { pageOf, readRemoteGroup } from "../federation/remote-group.ts";
import { newestOf } from "../groups/group-summaries.ts";
import { limits } from "../limits.ts";
import type { Reader, Source } from "../paging/long-polls.ts";
import type { Range } from "../paging/page-range.ts";
import { type Chunk, pageAnswer } from "../paging/page-stream.ts";
import type { CommandOf, PageOptions } from "../protocol/commands.ts";
import { type Address, type FullAddress, splitAddress } from "../protocol/names.ts";
import { type Answer, failure, textReply } from "../protocol/replies.ts";
import { noSuchRealm } from "../shard-api/address-router.ts";
import type { Actor } from "../shard-api/caller.ts";
import { realmObject } from "../shard-api/realm-context.ts";
import type { Rooms } from "./composition.ts";

/** An account of this deployment, as whoever reads. */
export function readerOf(address: FullAddress): Reader {
  return { name: address, polls: limits.pollsPerAccount };
}

/** Answers `inboxgroup`, for an account of this object. */
export function inboxGroup(
  rooms: Rooms,
  { account, me }: Actor,
  group: Address,
  page: PageOptions,
): Promise<Answer> | Answer {
  const address = rooms.places.inFull(group);
  // A realm that is no peer any more: what is here of it is still one's own.
  if (!rooms.places.find(group) && !rooms.memberships.isMember(account.id, address)) return noSuchRealm(group);
  return readGroup(rooms, address, me, page, rooms.seen.of(address));
}

/**
 * Reads a group where it is: in the object that has it, or in this realm's copy of it, as far as the copy is whole.
 * Otherwise the owning realm is asked.
 */
export async function readGroup(
  rooms: Rooms,
  group: FullAddress,
  by: FullAddress,
  page: PageOptions,
  atLeast: number,
): Promise<Answer> {
  const { holder, isCopy } = rooms.places.holderOf(group);
  if (holder !== null) return realmObject(rooms, holder).readGroup(group, by, page, atLeast);
  const source = isCopy
    ? sourceFor(rooms, () => rooms.replicas.readable(group, by, atLeast))
    : groupFor(rooms, group, by);
  if (source) return rooms.polls.read(source, page, readerOf(by));
  return isCopy ? readElsewhere(rooms, group, by, page) : failure("no-such-group", { address: group });
}

/** A group that is in this object, for one of its readers; null: for them there is none. */
export function groupFor(rooms: Rooms, group: FullAddress, by: FullAddress): Source | null {
  return sourceFor(rooms, () => rooms.groups.readable(splitAddress(group).name, by));
}

/** A log as long as its reader finds it: what comes after they were removed is not for them, though they wait for it. */
function sourceFor({ logs }: Rooms, find: () => number | null): Source | null {
  const log = find();
  if (log === null) return null;
  const source = logs.source(log);
  return { ...source, newest: () => (find() === log ? source.newest() : 0) };
}

async function readElsewhere(rooms: Rooms, group: FullAddress, by: FullAddress, page: PageOptions): Promise<Answer> {
  const read = (part: PageOptions) => readRemoteGroup(rooms.https, group, by, part);
  const start = await read(page);
  if ("error" in start) return start;
  return pageAnswer(start, async (rest) => {
    const chunk = await read(pageOf(rest));
    // The reply has begun: all that is left is to cut it off, and a reply without its end says so.
    if ("error" in chunk) throw new Error(chunk.error);
    return chunk;
  });
}

/** Answers `thread`. */
export function thread(
  rooms: Rooms,
  { account, me }: Actor,
  other: Address,
  page: PageOptions,
): Promise<Answer> | Answer {
  const address = rooms.places.inFull(other);
  const isKnown = rooms.places.find(other) !== null || rooms.threads.view(me, account.id, address) !== null;
  if (!isKnown) return noSuchRealm(other);
  return rooms.polls.read(rooms.threads.source(me, account.id, address), page, readerOf(me));
}

/** Answers `threads`: which there are is found at once, what they show when the reader has taken those before. */
export function conversations({ threads, marks }: Rooms, { account, me }: Actor): Answer {
  const latest = threads.latest(me, account.id);
  const next = ({ after, until, rows: wanted }: Range): Chunk => {
    const rows: string[] = [];
    let at = after;
    for (let chars = 0; at < until && (rows.length === 0 || chars <= limits.chunkMaxChars); at++) {
      const each = latest[at];
      const shown = each && threads.shown(each, me, account.id, marks.of(account.id, "private", each.other));
      if (!shown) continue;
      rows.push(JSON.stringify(shown));
      chars += shown.last.text.length;
    }
    return { rows, rest: at < until ? { after: at, until, rows: wanted - rows.length } : null };
  };
  return pageAnswer(next({ after: 0, until: latest.length, rows: latest.length }), next);
}

/**
 * Answers `read`. Without `kind=` a group that the account is in goes before a person of the same name.
 */
export async function read(rooms: Rooms, actor: Actor, command: CommandOf<"read">): Promise<Answer> {
  const { account, me } = actor;
  const address = rooms.places.inFull(command.address);
  const isMember = rooms.memberships.isMember(account.id, address);
  const isKnown = () => isMember || rooms.threads.view(me, account.id, address) !== null;
  if (!rooms.places.find(command.address) && !isKnown()) return noSuchRealm(command.address);
  const kind = command.options.kind ?? (isMember ? "group" : "private");
  if (kind === "group" && !isMember) return failure("no-such-group", { address });
  const newest = kind === "group" ? await newestOf(rooms, address, me) : newestBetween(rooms, actor, address);
  if (typeof newest !== "number") return newest;
  if (kind === "private" && newest === 0) return failure("no-such-conversation", { address });
  // Nobody has read what is not there yet, and a mark that went too far would stay there.
  const id = Math.min(command.id, newest);
  await rooms.commit.run(() => {
    if (!rooms.marks.set(account.id, kind, address, id)) return;
    rooms.words.add({ account: account.id, event: { event: "read", data: { kind, with: address, id } } });
  });
  return textReply("read-noted", { id: rooms.marks.of(account.id, kind, address) });
}

/** The number of the newest message between an account and somebody, 0 where there is none that it can see. */
function newestBetween({ threads }: Rooms, { account, me }: Actor, other: FullAddress): number {
  const view = threads.view(me, account.id, other);
  return view ? threads.newest(view) : 0;
}
