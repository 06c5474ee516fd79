import type { Outbox, QueuedItem, Settlement } from "../delivery/outbox.ts";
import type { ItemResult } from "../delivery/retry-policy.ts";
import { limits } from "../limits.ts";
import { type FullAddress, fullAddress, parseAddress, type RealmName } from "../protocol/names.ts";
import type { GroupUpdate, MembershipUpdate, ReplicatedMessage } from "../shard-api/outbound-items.ts";
import type { Transaction } from "../storage/sql.ts";
import type { Groups } from "./groups.ts";
import type { PendingMembershipUpdates } from "./pending-membership-updates.ts";
import type { Replicas } from "./replicas.ts";
import type { ReplicationCursors, UnsentMessage } from "./replication-cursors.ts";

export type QueuedGroupUpdate = QueuedMembershipUpdate | QueuedGroupMessage;
interface QueuedMembershipUpdate extends QueuedItem<GroupUpdate> {
  source: "pending-update";
  updateId: number;
  item: MembershipUpdate;
}
interface QueuedGroupMessage extends QueuedItem<GroupUpdate> {
  source: "cursor";
  logId: number;
  isReplica: boolean;
  item: ReplicatedMessage;
}

export interface GroupUpdateOutboxDeps {
  realm: RealmName;
  cursors: ReplicationCursors;
  pendingUpdates: PendingMembershipUpdates;
  groups: Groups;
  replicas: Replicas;
}

/**
 * What groups have yet to send to other shards and realms: changes of memberships, and new messages once for each destination,
 * however many members it has.
 */
export class GroupUpdateOutbox implements Outbox<GroupUpdate, QueuedGroupUpdate> {
  readonly #deps: GroupUpdateOutboxDeps;

  constructor(deps: GroupUpdateOutboxDeps) {
    this.#deps = deps;
  }

  nextBatch(destination: string, limit: number): QueuedGroupUpdate[] {
    const { cursors, pendingUpdates } = this.#deps;
    cursors.beginBatch(destination);
    const batch: QueuedGroupUpdate[] = pendingUpdates.list(destination, limit).map(toQueuedUpdate);
    const behind = cursors.groupsBehind(destination);
    for (const logId of behind) {
      if (batch.length >= limit) break;
      const unsent = cursors.unsent(logId, destination, limit - batch.length);
      if (unsent.length === 0) behind.delete(logId);
      batch.push(...unsent.map((row, index) => this.#toQueuedMessage(logId, row, unsent[index - 1]?.id ?? null)));
    }
    // The next batch begins with another group: a busy group does not hold up the others.
    const [first] = behind;
    if (first !== undefined && behind.delete(first)) behind.add(first);
    return withinBatchChars(batch);
  }

  /** A group's messages keep their order, so none may overtake. */
  probe(): null {
    return null;
  }

  waitingDestinations(): string[] {
    const { cursors, pendingUpdates } = this.#deps;
    return [...new Set([...pendingUpdates.waitingDestinations(), ...cursors.destinationsBehind()])];
  }

  countWaiting(destination: string): number {
    const { cursors, pendingUpdates } = this.#deps;
    return pendingUpdates.count(destination) + cursors.countUnsent(destination);
  }

  settle(tx: Transaction, destination: string, settlements: readonly Settlement<QueuedGroupUpdate>[]): void {
    const lastSent = new Map<number, number>();
    const stopped = new Set<number>();
    for (const { queued, result } of settlements) {
      if (queued.source === "pending-update") this.#settleUpdate(tx, queued, result);
      else this.#settleMessage(tx, destination, queued, result, { lastSent, stopped });
    }
    for (const [logId, id] of lastSent) this.#deps.cursors.setLastSent(tx, logId, destination, id);
  }

  #settleUpdate(tx: Transaction, { updateId, item }: QueuedMembershipUpdate, result: ItemResult): void {
    if (!result) return;
    this.#deps.pendingUpdates.delete(tx, updateId);
    const isLostInvitation = item.change === "invited" && result.state === "failed";
    if (isLostInvitation) this.#deps.groups.withdrawInvitation(tx, item.group, item.to, item.version);
  }

  /** A cursor moves up to the first message that was not settled. */
  #settleMessage(
    tx: Transaction,
    destination: string,
    { logId, isReplica, item }: QueuedGroupMessage,
    result: ItemResult,
    { lastSent, stopped }: { lastSent: Map<number, number>; stopped: Set<number> },
  ): void {
    const { cursors, groups, replicas } = this.#deps;
    const join = cursors.joinsDuringBatch(destination).get(logId);
    if (!result || join === "from-earlier-message") {
      stopped.add(logId);
    } else if (result.state === "failed" && result.reason === "no-such-group") {
      // A member who joined during the batch was not part of the answer: the message is tried once more.
      if (join) stopped.add(logId);
      else if (isReplica) replicas.removeDestination(tx, item.group, logId, destination);
      else groups.removeDestination(tx, logId, destination);
    } else if (!stopped.has(logId)) {
      lastSent.set(logId, item.id);
    }
  }

  /** @param previousId the message before it in the batch; null: it is the first of its group */
  #toQueuedMessage(logId: number, row: UnsentMessage, previousId: number | null): QueuedGroupMessage {
    const { logKind, logName, lastSentId, id, sender, text, time } = row;
    const group = this.#groupAddress(logName);
    // Messages that retention has deleted in between are gone for every reader, and are no gap.
    const after = previousId ?? lastSentId;
    const item: ReplicatedMessage = { kind: "group-message", group, id, after, from: sender, text, time };
    // A cursor costs nothing while it waits, so its messages never expire.
    const key = `message ${logId} ${id}`;
    return { source: "cursor", key, item, queuedAt: null, logId, isReplica: logKind === "replica" };
  }

  /** A replica's log is named by the full address of its group. */
  #groupAddress(logName: string): FullAddress {
    const address = parseAddress(logName);
    if (!address) throw new Error("a message log without an address");
    return fullAddress(address.name, address.realm ?? this.#deps.realm);
  }
}

/** The key of a membership update in its outbox. */
export function updateItemKey(updateId: number): string {
  return `update ${updateId}`;
}

/** An invitation may come too late. A removal never does: the member's realm would go on showing the group. */
function toQueuedUpdate({ id, update }: { id: number; update: MembershipUpdate }): QueuedMembershipUpdate {
  const queuedAt = update.change === "invited" ? update.time : null;
  return { source: "pending-update", key: updateItemKey(id), item: update, queuedAt, updateId: id };
}

/** As much of a batch as may travel together; always the first item. */
function withinBatchChars(batch: QueuedGroupUpdate[]): QueuedGroupUpdate[] {
  let chars = 0;
  const end = batch.findIndex(({ item }, index) => {
    chars += item.kind === "group-message" ? item.text.length : 0;
    return chars > limits.deliveryBatchMaxChars && index > 0;
  });
  return end < 0 ? batch : batch.slice(0, end);
}
