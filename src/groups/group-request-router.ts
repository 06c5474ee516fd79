import type { DeliveryQueues } from "../delivery/delivery-queues.ts";
import type { FederationClient } from "../federation/federation-client.ts";
import { requestRemoteGroup } from "../federation/remote-group.ts";
import { limits } from "../limits.ts";
import type { GroupReply, GroupRequest } from "../protocol/group-requests.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { GroupUpdate } from "../shard-api/outbound-items.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { type QueuedGroupUpdate, updateItemKey } from "./group-update-outbox.ts";
import type { Groups } from "./groups.ts";
import type { PendingMembershipUpdates } from "./pending-membership-updates.ts";
import type { Replicas } from "./replicas.ts";

export interface GroupRequestRouterDeps {
  router: AddressRouter;
  shards: ShardDirectory;
  federation: FederationClient;
  unitOfWork: UnitOfWork;
  groups: Groups;
  replicas: Replicas;
  pendingUpdates: PendingMembershipUpdates;
  updateQueues: Pick<DeliveryQueues<GroupUpdate, QueuedGroupUpdate>, "waitForResult">;
}

type JoinedReply = Extract<GroupReply, { kind: "joined" }>;

/** Brings a request for a group to where the group is. */
export class GroupRequestRouter {
  readonly #deps: GroupRequestRouterDeps;

  constructor(deps: GroupRequestRouterDeps) {
    this.#deps = deps;
  }

  /** A request to a realm elsewhere goes through the shard that keeps the replica. */
  async request(request: GroupRequest): Promise<GroupReply | Failure> {
    const { router, shards } = this.#deps;
    const { shard, isReplica } = router.routeToGroup(request.group);
    if (shard !== null) return shards.get(shard).requestGroup(request);
    return isReplica ? this.#requestRemote(request) : this.#requestHere(request);
  }

  async #requestHere(request: GroupRequest): Promise<GroupReply | Failure> {
    const { groups, pendingUpdates, unitOfWork, updateQueues } = this.#deps;
    const reply = await unitOfWork.run((tx) => groups.handle(tx, request));
    if (reply.kind !== "invitation-queued") return reply;
    // Only the other shard or realm knows whether there is such an account.
    await updateQueues.waitForResult(reply.destination, updateItemKey(reply.updateId), limits.deliveryWaitMs);
    if (pendingUpdates.isWaiting(reply.updateId)) return { kind: "invited", state: "queued" };
    return groups.has(request.group, reply.member)
      ? { kind: "invited", state: "delivered" }
      : failure("no-such-user", { address: reply.member });
  }

  async #requestRemote(request: GroupRequest): Promise<GroupReply | Failure> {
    const { federation, replicas, unitOfWork } = this.#deps;
    const { group, by } = request;
    if (request.kind === "join") {
      return replicas.join(group, by, async (have): Promise<JoinedReply | Failure> => {
        const reply = await requestRemoteGroup(federation, { ...request, have });
        if (reply.kind === "failure" && isTransient(reply)) replicas.noteUnconfirmedJoin(group);
        return reply.kind === "joined" || reply.kind === "failure" ? reply : invalidReply(group);
      });
    }
    // A member who leaves stops reading the replica, whatever the owning realm answers.
    if (request.kind === "leave") await unitOfWork.run((tx) => replicas.removeMember(tx, group, by));
    const reply = await requestRemoteGroup(federation, request);
    return reply.kind === "failure" || reply.kind === expectedReply[request.kind] ? reply : invalidReply(group);
  }
}

/** The kind of reply that belongs to each request. */
const expectedReply = { leave: "left", members: "members", invite: "invited", kick: "kicked" } as const;

/** Whether a failure says nothing of what became of the request. */
export function isTransient({ error }: Failure): boolean {
  return ["realm-away", "realm-faulty", "unavailable", "busy", "internal"].includes(error);
}

function invalidReply(group: FullAddress): Failure {
  return failure("realm-faulty", { realm: splitAddress(group).realm });
}
