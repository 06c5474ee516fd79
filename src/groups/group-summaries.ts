import { limits } from "../limits.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import {
  type Answer,
  dataReply,
  type Failure,
  failure,
  type JoinedGroup,
  retryableFailure,
} from "../protocol/replies.ts";
import type { Rooms } from "../shard/composition.ts";
import type { Actor } from "../shard-api/caller.ts";
import { realmObject } from "../shard-api/realm-context.ts";

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
  const marks = new Map(own.map(({ group }) => [group, rooms.marks.of(account.id, "group", group)]));
  const requests = belonging.map(({ group }): HeadRequest => ({ group, by: me, read: marks.get(group) ?? 0 }));
  const byHolder = Map.groupBy(requests, ({ group }) => rooms.places.holderOf(group).holder);
  const heads = new Map<FullAddress, Head>();
  await Promise.all(
    [...byHolder].map(async ([holder, part]) => {
      const found = await headsAt(rooms, holder, part);
      for (const [index, { group }] of part.entries()) heads.set(group, found[index] ?? null);
    }),
  );
  return dataReply(
    own.map(({ group, role }): JoinedGroup => {
      const head = heads.get(group) ?? null;
      const read = marks.get(group) ?? 0;
      return {
        group,
        role: role as JoinedGroup["role"],
        newest: head?.newest ?? null,
        read,
        unread: head?.unread ?? 0,
      };
    }),
  );
}

/** The newest message of a group, or why that cannot be told now. */
export async function newestOf(rooms: Rooms, group: FullAddress, by: FullAddress): Promise<number | Failure> {
  const { holder, isCopy } = rooms.places.holderOf(group);
  const request = [{ group, by, read: 0 }];
  const [head] = holder === null ? groupHeads(rooms, request) : await realmObject(rooms, holder).groupHeads(request);
  if (head) return head.newest;
  const seconds = limits.unreachableRetrySeconds;
  if (isCopy) return failure("realm-away", { realm: splitAddress(group).realm, seconds }, seconds);
  return head === null ? failure("no-such-group", { address: group }) : retryableFailure("unavailable", seconds);
}

async function headsAt(rooms: Rooms, holder: string | null, part: HeadRequest[]): Promise<Head[]> {
  if (holder === null) return groupHeads(rooms, part);
  try {
    return await realmObject(rooms, holder).groupHeads(part);
  } catch (error) {
    console.warn({ event: "heads-unread", holder, groups: part.length, error: String(error) });
    return [];
  }
}

/** The newest messages of groups, or of copies, that this object has. */
export function groupHeads(rooms: Rooms, requests: HeadRequest[]): Head[] {
  const { groups, logs, replicas } = rooms;
  return requests.map(({ group, by, read }) => {
    const { isCopy } = rooms.places.holderOf(group);
    if (isCopy) {
      const head = replicas.head(group);
      return head && { newest: head.newest, unread: logs.store.unread(head.log, read, by) };
    }
    const log = groups.readable(splitAddress(group).name, by);
    return log === null ? null : { newest: logs.store.last(log), unread: logs.store.unread(log, read, by) };
  });
}
