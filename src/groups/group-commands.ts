import type { GroupMode } from "../protocol/commands.ts";
import type { GroupReply } from "../protocol/group-requests.ts";
import type { Address, FullAddress, Name } from "../protocol/names.ts";
import { type Answer, dataReply, type Failure, failure, textReply } from "../protocol/replies.ts";
import { type AddressRouter, noSuchRealm } from "../shard-api/address-router.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { type GroupRequestRouter, isTransient } from "./group-request-router.ts";
import type { Groups } from "./groups.ts";
import type { Memberships } from "./memberships.ts";

export interface GroupCommandsDeps {
  router: AddressRouter;
  shards: ShardDirectory;
  unitOfWork: UnitOfWork;
  groups: Groups;
  memberships: Memberships;
  requests: GroupRequestRouter;
}

/** The commands that create groups and change memberships, for an account of this shard. */
export class GroupCommands {
  readonly #deps: GroupCommandsDeps;

  constructor(deps: GroupCommandsDeps) {
    this.#deps = deps;
  }

  async create({ accountId, address }: Caller, name: Name, mode: GroupMode): Promise<Answer> {
    const { router, shards, unitOfWork, groups, memberships } = this.#deps;
    const route = router.routeTo({ name, realm: null });
    if (!route) return failure("no-such-realm", { realm: router.realm });
    const previousRole = this.#previousRole(accountId, route.address);
    const refused = await this.#markJoining(accountId, route.address);
    if (refused) return refused;
    const answer =
      route.kind === "shard"
        ? await shards.get(route.destination).createGroup(name, mode, address)
        : await unitOfWork.run((tx) => groups.create(tx, name, mode, address));
    await unitOfWork.run((tx) => {
      if (answer.kind === "text") memberships.set(tx, accountId, route.address, "owner", 0);
      else memberships.abandonJoin(tx, accountId, route.address, previousRole);
    });
    return answer;
  }

  async join({ accountId, address }: Caller, groupAddress: Address): Promise<Answer> {
    const { router, unitOfWork, memberships, requests } = this.#deps;
    const route = router.routeTo(groupAddress);
    if (!route) return noSuchRealm(groupAddress);
    const group = route.address;
    const previousRole = this.#previousRole(accountId, group);
    const refused = await this.#markJoining(accountId, group);
    if (refused) return refused;
    const reply = await requests.request({ kind: "join", group, by: address, have: 0 });
    const hasLeft = await unitOfWork.run((tx) => {
      // The account has left before the answer came.
      if (reply.kind === "joined" && memberships.roleOf(accountId, group) === null) return true;
      if (reply.kind === "joined") memberships.set(tx, accountId, group, reply.role, reply.version);
      // After a lost answer an account that is not invited stays `joining`: the group may send updates.
      else if (reply.kind === "failure" && !(previousRole === null && isTransient(reply))) {
        memberships.abandonJoin(tx, accountId, group, isUnknownToGroup(reply) ? null : previousRole);
      }
      return false;
    });
    if (hasLeft) await requests.request({ kind: "leave", group, by: address });
    return reply.kind === "failure" ? reply : textReply("group-joined", { group });
  }

  async leave({ accountId, address }: Caller, groupAddress: Address): Promise<Answer> {
    const { router, unitOfWork, memberships, requests } = this.#deps;
    const route = router.routeTo(groupAddress);
    const group = router.qualify(groupAddress);
    const role = memberships.roleOf(accountId, group);
    if (!route && role === null) return noSuchRealm(groupAddress);
    const isElsewhere = !route || route.kind === "realm";
    const remove = () => unitOfWork.run((tx) => memberships.remove(tx, accountId, group));
    // A realm elsewhere may be unreachable or hostile: leaving does not depend on its answer.
    if (isElsewhere) await remove();
    const reply = await requests.request({ kind: "leave", group, by: address });
    if (!isElsewhere && (reply.kind !== "failure" || !isTransient(reply))) await remove();
    // A group that does not know the member, or has no route, is left as well.
    const isLeft = reply.kind !== "failure" || !route || (role !== null && isUnknownToGroup(reply));
    return isLeft ? textReply("group-left", { group }) : reply;
  }

  async members({ address }: Caller, groupAddress: Address): Promise<Answer> {
    const { router, requests } = this.#deps;
    const route = router.routeTo(groupAddress);
    if (!route) return noSuchRealm(groupAddress);
    const reply = await requests.request({ kind: "members", group: route.address, by: address });
    return reply.kind === "members" ? dataReply(reply.members) : asFailure(reply);
  }

  async invite({ address }: Caller, groupAddress: Address, invited: Address): Promise<Answer> {
    const { router, requests } = this.#deps;
    const [group, member] = [router.routeTo(groupAddress)?.address, router.routeTo(invited)?.address];
    if (!group || !member) return noSuchRealm(group ? invited : groupAddress);
    const reply = await requests.request({ kind: "invite", group, by: address, member });
    return reply.kind === "invited" ? textReply(invitedTexts[reply.state], { group, member }) : asFailure(reply);
  }

  async kick({ address }: Caller, groupAddress: Address, kicked: Address): Promise<Answer> {
    const { router, requests } = this.#deps;
    const group = router.routeTo(groupAddress)?.address;
    if (!group) return noSuchRealm(groupAddress);
    // The member's realm may no longer be a peer.
    const member = router.qualify(kicked);
    const reply = await requests.request({ kind: "kick", group, by: address, member });
    return reply.kind === "kicked" ? textReply("kicked", { group, member }) : asFailure(reply);
  }

  /** The role that an account gets back if its attempt to join fails. */
  #previousRole(accountId: number, group: FullAddress): "invited" | null {
    return this.#deps.memberships.roleOf(accountId, group) === "invited" ? "invited" : null;
  }

  /** @returns why the account may not join one more group; null: it is joining now */
  #markJoining(accountId: number, group: FullAddress): Promise<Failure | null> {
    const { unitOfWork, memberships } = this.#deps;
    return unitOfWork.run((tx) => {
      const role = memberships.roleOf(accountId, group);
      const isNew = role === null || role === "invited";
      if (isNew && !memberships.canJoinAnother(accountId)) return failure("too-many-groups");
      memberships.markJoining(tx, accountId, group);
      return null;
    });
  }
}

const invitedTexts = { delivered: "invited", queued: "invitation-queued", "already-member": "already-member" } as const;

/** Whether a group has said that it does not know the account. */
function isUnknownToGroup({ error }: Failure): boolean {
  return error === "no-such-group" || error === "no-such-member";
}

function asFailure(reply: GroupReply | Failure): Failure {
  if (reply.kind !== "failure") throw new Error("a reply of another kind than was asked for");
  return reply;
}
