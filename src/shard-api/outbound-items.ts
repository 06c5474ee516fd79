import type { LogKind } from "../messaging/message-store.ts";
import type { MembershipChange } from "../protocol/groups.ts";
import type { FullAddress } from "../protocol/names.ts";

/** What a link carries to another object. */
export type Envelope = Letter | News;

/** A message on its way to its recipient. */
export interface Letter {
  /** Random, made with the message. A second one of the same sender is the same message, come again. */
  uid: string;
  kind: LogKind;
  from: FullAddress;
  to: FullAddress;
  text: string;
  /** Milliseconds since 1970, when the sender's realm took it. */
  time: number;
}

/** What a group has to tell those who are not where it is. */
export type News = Copy | Change;

/** Whether a group speaks, inside or on the wire, and not a person. */
export function isNews<E extends { kind: string }>(envelope: E): envelope is Extract<E, { kind: News["kind"] }> {
  return envelope.kind === "group-message" || envelope.kind === "membership-update";
}

/** A message of a group, for the members elsewhere. Its number is the group's; a second one of that number is the same. */
export interface Copy {
  kind: "group-message";
  group: FullAddress;
  id: number;
  /** The one that was told before it, 0 for none: a copy that lacks that has a hole. Older peers do not say it. */
  after?: number | undefined;
  from: FullAddress;
  text: string;
  time: number;
}

/** What was made of somebody's membership by others. */
export interface Change {
  kind: "membership-update";
  uid: string;
  group: FullAddress;
  to: FullAddress;
  change: MembershipChange;
  by: FullAddress;
  time: number;
  /** It grows with each change in the group; 0: its realm gives none. */
  version: number;
}
