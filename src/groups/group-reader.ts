import type { FederationClient } from "../federation/federation-client.ts";
import { readRemoteGroup } from "../federation/remote-group.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { Chunk } from "../paging/chunk.ts";
import { accountPollOwner, type LongPolls, type PageSource, type PollOwner } from "../paging/long-polls.ts";
import { pageOptionsOf } from "../paging/page-range.ts";
import { pageReply } from "../paging/page-reply.ts";
import type { PageOptions } from "../protocol/commands.ts";
import { type Address, type FullAddress, splitAddress } from "../protocol/names.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
import { type AddressRouter, noSuchRealm } from "../shard-api/address-router.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { Groups } from "./groups.ts";
import type { Memberships } from "./memberships.ts";
import type { ReadYourWrites } from "./read-your-writes.ts";
import type { Replicas } from "./replicas.ts";

export interface GroupReaderDeps {
  router: AddressRouter;
  shards: ShardDirectory;
  federation: FederationClient;
  groups: Groups;
  replicas: Replicas;
  memberships: Memberships;
  lastWrittenIds: ReadYourWrites;
  logs: MessageLogStore;
  longPolls: LongPolls;
}

/** Reads groups where they are: in their shard, or in this realm's replica if it is complete, or else in their realm. */
export class GroupReader {
  readonly #deps: GroupReaderDeps;

  constructor(deps: GroupReaderDeps) {
    this.#deps = deps;
  }

  /** Answers `inboxgroup`. */
  inboxGroup({ accountId, address }: Caller, groupAddress: Address, page: PageOptions): Promise<Answer> | Answer {
    const { lastWrittenIds, memberships, router } = this.#deps;
    const group = router.qualify(groupAddress);
    // A member still reads the replica of a group whose realm is no longer a peer.
    if (!router.routeTo(groupAddress) && !memberships.isMember(accountId, group)) return noSuchRealm(groupAddress);
    return this.read(group, address, page, lastWrittenIds.get(group));
  }

  /** @param atLeast the number of a message that the reader knows to exist */
  async read(group: FullAddress, by: FullAddress, page: PageOptions, atLeast: number): Promise<Answer> {
    const { longPolls, replicas, router, shards } = this.#deps;
    const { shard, isReplica } = router.routeToGroup(group);
    if (shard !== null) return shards.get(shard).readGroup(group, by, page, atLeast);
    const source = isReplica
      ? this.#sourceWhile(() => replicas.readableLog(group, by, atLeast))
      : this.#sourceOf(group, by);
    if (source) return longPolls.read(source, page, accountPollOwner(by));
    return isReplica ? this.#readRemote(group, by, page) : failure("no-such-group", { address: group });
  }

  /** One chunk of a group of this realm, for a peer. */
  async readChunk(group: FullAddress, by: FullAddress, page: PageOptions, reader: PollOwner): Promise<Chunk | Failure> {
    const { longPolls, router, shards } = this.#deps;
    const { shard } = router.routeToGroup(group);
    if (shard !== null) return shards.get(shard).readGroupChunk(group, by, page, reader);
    const source = this.#sourceOf(group, by);
    return source ? longPolls.readFirstChunk(source, page, reader) : failure("no-such-group", { address: group });
  }

  #sourceOf(group: FullAddress, by: FullAddress): PageSource | null {
    return this.#sourceWhile(() => this.#deps.groups.readableLog(splitAddress(group).name, by));
  }

  /** A log as long as its reader may read it: a long poll gets no message that came after its reader was removed. */
  #sourceWhile(findLog: () => number | null): PageSource | null {
    const logId = findLog();
    if (logId === null) return null;
    const source = this.#deps.logs.source(logId);
    return { ...source, newest: () => (findLog() === logId ? source.newest() : 0) };
  }

  async #readRemote(group: FullAddress, by: FullAddress, page: PageOptions): Promise<Answer> {
    const read = (part: PageOptions) => readRemoteGroup(this.#deps.federation, group, by, part);
    const start = await read(page);
    if ("error" in start) return start;
    return pageReply(start, async (rest) => {
      const chunk = await read(pageOptionsOf(rest));
      // The reply has begun. It can only be cut off, and the missing terminator tells the client.
      if ("error" in chunk) throw new Error(`a group of another realm could not be read on: ${chunk.error}`);
      return chunk;
    });
  }
}
