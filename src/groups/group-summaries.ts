import { limits } from "../limits.ts";
import type { ConversationList } from "../messaging/conversation-list.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { ReadMarkers } from "../messaging/read-markers.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import {
  type Answer,
  dataReply,
  type Failure,
  failure,
  type JoinedGroup,
  retryableFailure,
} from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { GroupSummary, GroupSummaryRequest, ShardDirectory } from "../shard-api/shard-api.ts";
import { logError } from "../storage/log.ts";
import type { Groups } from "./groups.ts";
import type { Memberships } from "./memberships.ts";
import type { Replicas } from "./replicas.ts";

export interface GroupSummariesDeps {
  router: AddressRouter;
  shards: ShardDirectory;
  groups: Groups;
  replicas: Replicas;
  memberships: Memberships;
  logs: MessageLogStore;
  readMarkers: ReadMarkers;
  conversationList: ConversationList;
}

/** The newest message and the unread messages of groups, wherever the groups are. */
export class GroupSummaries {
  readonly #deps: GroupSummariesDeps;

  constructor(deps: GroupSummariesDeps) {
    this.#deps = deps;
  }

  /** Answers `groups`. Each shard that holds some of them is asked once. */
  async listGroups({ accountId, address }: Caller): Promise<Answer> {
    const { conversationList, memberships, readMarkers, router } = this.#deps;
    await conversationList.refresh(accountId);
    const listed = memberships.list(accountId).flatMap(({ group, role }) => {
      if (role === "joining") return [];
      return [{ group, role, readUpTo: readMarkers.get(accountId, "group", group) }];
    });
    const requests = listed
      .filter(({ role }) => role !== "invited")
      .map(({ group, readUpTo }): GroupSummaryRequest => ({ group, by: address, readUpTo }));
    const byShard = Map.groupBy(requests, ({ group }) => router.routeToGroup(group).shard);
    const summaries = new Map<FullAddress, GroupSummary>();
    await Promise.all(
      [...byShard].map(async ([shard, part]) => {
        const found = await this.#askShard(shard, part);
        for (const [index, { group }] of part.entries()) summaries.set(group, found[index] ?? null);
      }),
    );
    return dataReply(
      listed.map(({ group, role, readUpTo }): JoinedGroup => {
        // Null also for a group that the account is only invited to, and for one whose shard did not answer.
        const { newest, unread } = summaries.get(group) ?? { newest: null, unread: 0 };
        return { group, role, newest, read: readUpTo, unread };
      }),
    );
  }

  /** The newest message of a group, or why it cannot be found out now. */
  async newestOf(group: FullAddress, by: FullAddress): Promise<number | Failure> {
    const { router, shards } = this.#deps;
    const { shard, isReplica } = router.routeToGroup(group);
    const requests = [{ group, by, readUpTo: 0 }];
    const [summary] = shard === null ? this.summarizeHere(requests) : await shards.get(shard).summarizeGroups(requests);
    if (summary) return summary.newest;
    const seconds = limits.unreachableRetrySeconds;
    if (isReplica) return failure("realm-away", { realm: splitAddress(group).realm, seconds }, seconds);
    return summary === null ? failure("no-such-group", { address: group }) : retryableFailure("unavailable", seconds);
  }

  /**
   * The summaries of groups and replicas of this shard. What a member has sent moves its read marker, so all messages after the
   * marker are of others, and none is read to count them.
   */
  summarizeHere(requests: readonly GroupSummaryRequest[]): GroupSummary[] {
    const { groups, logs, replicas, router } = this.#deps;
    return requests.map(({ group, by, readUpTo }) => {
      if (router.routeToGroup(group).isReplica) {
        const known = replicas.newestKnown(group);
        return known && { newest: known.newest, unread: logs.countAfter(known.logId, readUpTo) };
      }
      const logId = groups.readableLog(splitAddress(group).name, by);
      return logId === null ? null : { newest: logs.highestIdEver(logId), unread: logs.countAfter(logId, readUpTo) };
    });
  }

  async #askShard(shard: string | null, requests: GroupSummaryRequest[]): Promise<GroupSummary[]> {
    if (shard === null) return this.summarizeHere(requests);
    try {
      return await this.#deps.shards.get(shard).summarizeGroups(requests);
    } catch (error) {
      logError("group-summaries-failed", error, { shard, groups: requests.length });
      return [];
    }
  }
}
