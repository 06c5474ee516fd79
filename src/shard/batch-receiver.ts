import type { Groups } from "../groups/groups.ts";
import type { MembershipUpdateReceiver } from "../groups/membership-update-receiver.ts";
import type { Memberships } from "../groups/memberships.ts";
import type { Replicas } from "../groups/replicas.ts";
import { type MailboxWriter, receivedMessage } from "../messaging/mailbox-writer.ts";
import { splitAddress } from "../protocol/names.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { DeliveryResult } from "../shard-api/delivery-result.ts";
import {
  isGroupUpdate,
  type MembershipUpdate,
  type OutboundItem,
  type OutboundMessage,
  type ReplicatedMessage,
} from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

export interface BatchReceiverDeps {
  router: AddressRouter;
  unitOfWork: UnitOfWork;
  mailboxWriter: MailboxWriter;
  groups: Groups;
  replicas: Replicas;
  memberships: Memberships;
  updateReceiver: MembershipUpdateReceiver;
  clock: Clock;
}

/** Stores what other shards and realms deliver, each batch in one commit. */
export class BatchReceiver {
  readonly #deps: BatchReceiverDeps;

  constructor(deps: BatchReceiverDeps) {
    this.#deps = deps;
  }

  /** @returns a result for each item, in their order */
  receive(items: readonly OutboundItem[]): Promise<DeliveryResult[]> {
    return this.#deps.unitOfWork.run((tx) => items.map((item) => this.#receiveItem(tx, item)));
  }

  #receiveItem(tx: Transaction, item: OutboundItem): DeliveryResult {
    if (!isGroupUpdate(item)) {
      return item.kind === "private" ? this.#deps.mailboxWriter.receive(tx, item) : this.#receiveForGroup(tx, item);
    }
    return item.kind === "group-message" ? this.#receiveReplicated(tx, item) : this.#receiveUpdate(tx, item);
  }

  /** A message for a group of this shard. */
  #receiveForGroup(tx: Transaction, message: OutboundMessage): DeliveryResult {
    const { clock, groups } = this.#deps;
    const posted = groups.post(tx, splitAddress(message.to).name, receivedMessage(message, clock()));
    switch (posted.kind) {
      case "no-such-group":
        return { state: "failed", reason: "no-such-group" };
      case "full":
        return { state: "failed", reason: "group-log-full" };
      case "stored":
      case "duplicate":
        return { state: "delivered", id: posted.id };
    }
  }

  /** A message of a group elsewhere: stored if the replica is here, and sent to the live sockets of members here. */
  #receiveReplicated(tx: Transaction, item: ReplicatedMessage): DeliveryResult {
    const { memberships, replicas } = this.#deps;
    if (this.#keepsReplicaOf(item)) return replicas.receive(tx, item);
    if (!memberships.hasMemberOf(item.group)) return { state: "failed", reason: "no-such-group" };
    const { group, id: messageId, from, text, time } = item;
    tx.emit({ type: "remote-group-message-received", group, messageId, message: { from, text, time } });
    return { state: "delivered" };
  }

  /** An update concerns the replica and the member's account; each shard applies its part. */
  #receiveUpdate(tx: Transaction, update: MembershipUpdate): DeliveryResult {
    const { replicas, router, updateReceiver } = this.#deps;
    if (this.#keepsReplicaOf(update)) replicas.applyUpdate(tx, update);
    const route = router.routeTo(splitAddress(update.to));
    if (route?.kind === "shard") return { state: "delivered" };
    const isApplied = route?.kind === "here" && updateReceiver.apply(tx, update);
    return isApplied ? { state: "delivered" } : { state: "failed", reason: "no-such-user" };
  }

  #keepsReplicaOf({ group }: ReplicatedMessage | MembershipUpdate): boolean {
    const { shard, isReplica } = this.#deps.router.routeToGroup(group);
    return isReplica && shard === null;
  }
}
