import type { ConversationKind } from "../protocol/commands.ts";
import type { MembershipChange } from "../protocol/group-requests.ts";
import type { FullAddress } from "../protocol/names.ts";

/** What a delivery queue carries to another shard or realm. */
export type OutboundItem = OutboundMessage | GroupUpdate;

/** A message on its way to its recipient. */
export interface OutboundMessage {
  /** Random, made with the message. The receiver stores one message for each sender and uid. */
  uid: string;
  kind: ConversationKind;
  from: FullAddress;
  to: FullAddress;
  text: string;
  /** Milliseconds since 1970, when the sender's realm accepted it. */
  time: number;
}

/** What a group sends to the shards and realms of its members. */
export type GroupUpdate = ReplicatedMessage | MembershipUpdate;

/** A message of a group. Its number is the group's; a second one with that number is the same message. */
export interface ReplicatedMessage {
  kind: "group-message";
  group: FullAddress;
  id: number;
  /** The number sent before it, 0 for none. A replica that lacks that number has a gap. Older peers leave it out. */
  after?: number | undefined;
  from: FullAddress;
  text: string;
  time: number;
}

/** Others have changed a membership. */
export interface MembershipUpdate {
  kind: "membership-update";
  uid: string;
  group: FullAddress;
  /** The account whose membership has changed. */
  to: FullAddress;
  change: MembershipChange;
  by: FullAddress;
  time: number;
  /** Grows with each change in the group; 0: its realm gives none. */
  version: number;
}

/** Whether an item comes from a group and not from a person. It serves items of the wire as well. */
export function isGroupUpdate<Item extends { kind: string }>(
  item: Item,
): item is Extract<Item, { kind: GroupUpdate["kind"] }> {
  return item.kind === "group-message" || item.kind === "membership-update";
}
