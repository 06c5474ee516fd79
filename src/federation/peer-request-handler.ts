import { limits } from "../limits.ts";
import type { Chunk } from "../paging/chunk.ts";
import type { PollOwner } from "../paging/long-polls.ts";
import type { PageOptions } from "../protocol/commands.ts";
import type { GroupReply, GroupRequest } from "../protocol/group-requests.ts";
import { type FullAddress, type RealmName, splitAddress } from "../protocol/names.ts";
import type { Failure } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { DeliveryResult } from "../shard-api/delivery-result.ts";
import { isGroupUpdate, type MembershipUpdate, type OutboundItem } from "../shard-api/outbound-items.ts";
import type {
  AdmissionAnswer,
  PeerDeliveryAnswer,
  PeerGroupAnswer,
  PeerGroupChunkAnswer,
  PeerRequest,
  ShardDirectory,
} from "../shard-api/shard-api.ts";
import { logError } from "../storage/log.ts";
import type { PeerAdmission } from "./admission.ts";

export interface PeerRequestHandlerDeps {
  router: AddressRouter;
  shards: ShardDirectory;
  admission: PeerAdmission;
  /** Whether the operator lets a realm in. */
  isWelcome(realm: RealmName): boolean;
  contacts: { recordContact(realm: RealmName): void };
  receiver: { receive(items: readonly OutboundItem[]): Promise<DeliveryResult[]> };
  groupReader: {
    readChunk(group: FullAddress, by: FullAddress, page: PageOptions, reader: PollOwner): Promise<Chunk | Failure>;
  };
  groupRequests: { request(request: GroupRequest): Promise<GroupReply | Failure> };
}

/** What shard 0 does with the requests of other realms; the Worker has verified their signatures. */
export class PeerRequestHandler {
  readonly #deps: PeerRequestHandlerDeps;

  constructor(deps: PeerRequestHandlerDeps) {
    this.#deps = deps;
  }

  /** Admits a request by its bytes alone: a body that is long enough for this counts as more messages than it can carry. */
  admitPeer(peer: PeerRequest): AdmissionAnswer {
    return this.#admit(peer, 0);
  }

  /** Brings each item of a batch to the shard that it concerns. */
  async receiveDelivery(peer: PeerRequest, items: OutboundItem[]): Promise<PeerDeliveryAnswer> {
    const admitted = this.#admit(peer, items.length);
    if (admitted.kind !== "admitted") return admitted;
    const { router } = this.#deps;
    const shardOf = (address: FullAddress) => router.owningShardName(splitAddress(address).name);
    const results = await this.#deliverByShard(items, (item) => shardOf(firstConcerned(item)));
    // An update concerns the account too. The replica goes first, so that no message after a removal is read.
    const forAccounts = items.filter(
      (item): item is MembershipUpdate =>
        item.kind === "membership-update" &&
        shardOf(firstConcerned(item)) !== shardOf(item.to) &&
        results.get(item)?.state === "delivered",
    );
    for (const [item, result] of await this.#deliverByShard(forAccounts, ({ to }) => shardOf(to))) {
      results.set(item, result);
    }
    this.#noteContact(peer);
    return { kind: "results", results: items.map((item) => resultOf(results, item)) };
  }

  /** Reads one chunk of a group of this realm. */
  async receiveGroupQuery(
    peer: PeerRequest,
    group: FullAddress,
    by: FullAddress,
    page: PageOptions,
  ): Promise<PeerGroupChunkAnswer> {
    const { admission, groupReader } = this.#deps;
    const admitted = this.#admit(peer, 0);
    if (admitted.kind !== "admitted") return admitted;
    this.#noteContact(peer);
    // A peer names its readers itself, so all its long polls are counted together.
    const reader = { name: peer.from, maxPolls: limits.pollsPerPeer };
    const chunk = await groupReader.readChunk(group, by, page, reader);
    if ("rows" in chunk) admission.charge(peer.from, chunk.rows.length);
    return { kind: "chunk", chunk };
  }

  /** Does what a peer asks of a group for one of its accounts. */
  async receiveGroupRequest(peer: PeerRequest, request: GroupRequest): Promise<PeerGroupAnswer> {
    const { admission, groupRequests } = this.#deps;
    const admitted = this.#admit(peer, 0);
    if (admitted.kind !== "admitted") return admitted;
    this.#noteContact(peer);
    const reply = await groupRequests.request(request);
    admission.charge(peer.from, rowsCausedBy(request, reply));
    return { kind: "reply", reply };
  }

  receiveEcho(peer: PeerRequest): AdmissionAnswer {
    const admitted = this.#admit(peer, 0);
    if (admitted.kind === "admitted") this.#noteContact(peer);
    return admitted;
  }

  #admit(peer: PeerRequest, messages: number): AdmissionAnswer {
    if (!this.#deps.isWelcome(peer.from)) return { kind: "refused" };
    return peer.isAdmitted ? { kind: "admitted" } : this.#deps.admission.admit(peer, messages);
  }

  #noteContact({ from }: PeerRequest): void {
    const { admission, contacts } = this.#deps;
    if (admission.isContactDue(from)) contacts.recordContact(from);
  }

  async #deliverByShard<Item extends OutboundItem>(
    items: readonly Item[],
    shardOf: (item: Item) => string,
  ): Promise<Map<OutboundItem, DeliveryResult>> {
    const results = new Map<OutboundItem, DeliveryResult>();
    await Promise.all(
      [...Map.groupBy(items, shardOf)].map(async ([shard, part]) => {
        const answered = await this.#deliverTo(shard, part);
        for (const [index, item] of part.entries()) {
          const result = answered ? answered[index] : { state: "deferred" as const };
          if (!result) throw new Error("an item without a result");
          results.set(item, result);
        }
      }),
    );
    return results;
  }

  async #deliverTo(shard: string, items: OutboundItem[]): Promise<DeliveryResult[] | null> {
    const { receiver, router, shards } = this.#deps;
    if (router.isThisShard(shard)) return receiver.receive(items);
    try {
      return await shards.get(shard).deliver(items);
    } catch (error) {
      logError("shard-call-failed", error, { shard, items: items.length });
      return null;
    }
  }
}

/** The address whose shard gets an item first: its recipient, or the group whose replica it concerns. */
function firstConcerned(item: OutboundItem): FullAddress {
  const isForReplica = isGroupUpdate(item) && !(item.kind === "membership-update" && item.change === "invited");
  return isForReplica ? item.group : item.to;
}

/** The rows that a request makes the realm read, and send to the peer. */
function rowsCausedBy(request: GroupRequest, reply: GroupReply | Failure): number {
  if (reply.kind === "members") return reply.members.length;
  return request.kind === "join" && reply.kind === "joined" ? Math.max(0, reply.newest - request.have) : 0;
}

function resultOf(results: ReadonlyMap<OutboundItem, DeliveryResult>, item: OutboundItem): DeliveryResult {
  const result = results.get(item);
  if (!result) throw new Error("an item without a result");
  return result;
}
