import type { Result } from "../delivery/retry-policy.ts";
import { splitAddress } from "../protocol/names.ts";
import { membershipNotice } from "../protocol/texts.ts";
import { type Change, type Copy, type Envelope, isNews, type News } from "../shard-api/outbound-items.ts";
import type { Rooms } from "./composition.ts";

/** Takes what a link brings, all in one commit. @returns a result for each, in their order */
export function receive(rooms: Rooms, batch: Envelope[]): Promise<Result[]> {
  return rooms.commit.run(() =>
    batch.map((envelope) => (isNews(envelope) ? hear(rooms, envelope) : rooms.post.take(envelope))),
  );
}

function hear(rooms: Rooms, news: News): Result {
  return news.kind === "group-message" ? hearCopy(rooms, news) : hearChange(rooms, news);
}

/** A message of a group elsewhere: kept where this realm's copy of the group is, and told to the sockets of its members here. */
function hearCopy(rooms: Rooms, copy: Copy): Result {
  const { holder, isCopy } = rooms.places.holderOf(copy.group);
  if (isCopy && holder === null) return rooms.replicas.take(copy);
  if (!rooms.memberships.isKnown(copy.group)) return { state: "failed", reason: "no-such-group" };
  rooms.heard.add(copy);
  return { state: "delivered" };
}

/** A change of a membership: it concerns the copy of the group, and the member's account. Each object hears its part. */
function hearChange(rooms: Rooms, change: Change): Result {
  const { holder, isCopy } = rooms.places.holderOf(change.group);
  if (isCopy && holder === null) rooms.replicas.heard(change);
  const place = rooms.places.find(splitAddress(change.to));
  if (place?.kind === "object") return { state: "delivered" };
  const isTold = place?.kind === "here" && tellMember(rooms, change);
  return isTold ? { state: "delivered" } : { state: "failed", reason: "no-such-user" };
}

/** Tells an account of this object what others made of its membership. @returns false where there is no such account */
export function tellMember(rooms: Rooms, { uid, group, to, change, by, version }: Change): boolean {
  const { memberships, post } = rooms;
  const account = rooms.mailboxOf(to);
  if (account === null) return false;
  // A change that comes twice was made the first time.
  if (!post.notice(account, to, membershipNotice(change, group, by), `${group} ${uid}`)) return true;
  const role = memberships.roleOf(account, group);
  if (change === "removed") memberships.removed(account, group, version);
  else if (change === "owner" && role !== null) memberships.set(account, group, "owner", version);
  else if (change === "invited") memberships.invited(account, group, version);
  return true;
}
