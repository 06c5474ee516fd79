import type { FullAddress } from "./names.ts";
import type { Member } from "./replies.ts";

/** What is asked of the object or realm that holds a group, for a user whom the asker vouches for. */
export type GroupRequest =
  /** `have` is the newest message of the group that the asking realm has a copy of, 0 for none. */
  | { kind: "join"; group: FullAddress; by: FullAddress; have: number }
  | { kind: "leave"; group: FullAddress; by: FullAddress }
  | { kind: "members"; group: FullAddress; by: FullAddress }
  | { kind: "invite"; group: FullAddress; by: FullAddress; member: FullAddress }
  | { kind: "kick"; group: FullAddress; by: FullAddress; member: FullAddress };

export type GroupReply =
  /** `newest` is the newest message: a copy that has come so far is whole. `version` is that of the group's memberships. */
  | { kind: "joined"; role: "owner" | "member"; newest: number; version: number }
  | { kind: "left" }
  | { kind: "members"; members: Member[] }
  /** `standing`: there was nothing to do. */
  | { kind: "invited"; state: "delivered" | "queued" | "already-member" }
  | { kind: "kicked" };

/** Why a request was refused. */
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
 * Whether something said of a membership is older than what is known of it. A group numbers the changes of its memberships, and
 * the news of them do not come in order; 0 is what older peers give none.
 */
export function isOlderVersion(said: number, known: number): boolean {
  return said !== 0 && said < known;
}

/** What others may make of somebody's membership. */
export const membershipChanges = ["invited", "removed", "owner"] as const;
export type MembershipChange = (typeof membershipChanges)[number];
