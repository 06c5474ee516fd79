import type { FullAddress } from "./names.ts";
import type { Member } from "./replies.ts";

/** A request to the shard or realm of a group. The asking shard or realm vouches for `by`. */
export type GroupRequest =
  /** `have` is the id up to which the asking realm's replica lacks no message, 0 without a replica. */
  | { kind: "join"; group: FullAddress; by: FullAddress; have: number }
  | { kind: "leave"; group: FullAddress; by: FullAddress }
  | { kind: "members"; group: FullAddress; by: FullAddress }
  | { kind: "invite"; group: FullAddress; by: FullAddress; member: FullAddress }
  | { kind: "kick"; group: FullAddress; by: FullAddress; member: FullAddress };

export type GroupReply =
  /** A replica that has reached `newest` is complete. `version` is that of the group's latest membership change. */
  | { kind: "joined"; role: "owner" | "member"; newest: number; version: number }
  | { kind: "left" }
  | { kind: "members"; members: Member[] }
  /** `already-member`: the account is a member or invited already. */
  | { kind: "invited"; state: "delivered" | "queued" | "already-member" }
  | { kind: "kicked" };

/** Why a group refuses a request. */
export const groupErrorCodes = [
  "no-such-group",
  "no-such-member",
  "no-such-user",
  "owner-only",
  "members-only",
  "group-full",
] as const;
export type GroupErrorCode = (typeof groupErrorCodes)[number];

/**
 * Whether a membership update is older than the known version. A group numbers its membership changes, and updates may arrive out
 * of order. Older peers send no version, which is 0 here.
 */
export function isOlderVersion(version: number, knownVersion: number): boolean {
  return version !== 0 && version < knownVersion;
}

/** Changes of a membership that other accounts can make. */
export const membershipChanges = ["invited", "removed", "owner"] as const;
export type MembershipChange = (typeof membershipChanges)[number];
