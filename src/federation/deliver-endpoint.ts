import { limits } from "../limits.ts";
import { parseDelivery, type WireItem, type WireResult } from "../protocol/federation-wire.ts";
import { toJson } from "../protocol/json.ts";
import { type RealmName, splitAddress } from "../protocol/names.ts";
import type { Failure } from "../protocol/replies.ts";
import type { DeliveryFailure, DeliveryResult } from "../shard-api/delivery-result.ts";
import { isGroupUpdate, type OutboundItem } from "../shard-api/outbound-items.ts";
import { type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import type { PeerRequest } from "../shard-api/shard-api.ts";
import { logWarning } from "../storage/log.ts";
import { rejectAdmission } from "./authenticate-peer.ts";

/**
 * `POST /federation/deliver`: stores a batch.
 *
 * @returns the JSON text of the answer, which has one result for each item, in their order
 */
export async function handleDeliver(
  peer: PeerRequest,
  body: Uint8Array,
  context: RealmContext,
): Promise<string | Failure> {
  const parsed = parseDelivery(body);
  if ("error" in parsed) return parsed;
  const checked = parsed.messages.map((item) => rejectItem(item, peer.from, context.realm) ?? outboundItemOf(item));
  const items = checked.filter((each): each is OutboundItem => !("state" in each));
  const answer = await shardZero(context).receiveDelivery(peer, items);
  if (answer.kind !== "results") return rejectAdmission(answer, peer, context.realm);
  return toJson({ results: mergeResults(checked, answer.results) });
}

/** The results of all items: those that were rejected here, and those that the shards have answered. */
function mergeResults(checked: (DeliveryFailure | OutboundItem)[], answered: DeliveryResult[]): WireResult[] {
  const rest = answered.values();
  const results = checked.map((each) => {
    if ("state" in each) return each;
    const { value } = rest.next();
    if (!value) throw new Error("shard 0 has answered fewer results than it got items");
    return value;
  });
  if (!rest.next().done) throw new Error("shard 0 has answered more results than it got items");
  return results;
}

/** The result of an item that no shard gets: it is not from the peer, not for this realm, or not storable. */
function rejectItem(item: WireItem, from: RealmName, here: RealmName): DeliveryFailure | null {
  const isForeign = !isFromRealm(item, from);
  if (isForeign || !isForRealm(item, here)) {
    const reason = isForeign ? "wrong-sender" : "wrong-recipient";
    logWarning("peer-item-rejected", { realm: here, from, reason });
    return { state: "failed", reason: "refused" };
  }
  if (item.kind === "membership-update") return null;
  if (item.text === "" || !item.text.isWellFormed()) return { state: "failed", reason: "unprocessable" };
  const bytes = new TextEncoder().encode(item.text).length;
  return bytes > limits.bodyMaxBytes ? { state: "failed", reason: "too-large" } : null;
}

/** A realm sends for its accounts and its groups. Messages in its groups may be from accounts of any realm. */
function isFromRealm(item: WireItem, realm: RealmName): boolean {
  return splitAddress(isGroupUpdate(item) ? item.group : item.from).realm === realm;
}

function isForRealm(item: WireItem, realm: RealmName): boolean {
  return item.kind === "group-message" || splitAddress(item.to).realm === realm;
}

/**
 * The peer's clock may be wrong: a time in the future becomes the time of arrival. A time before 1970 becomes 1970, since
 * years before year 0 have a form that no realm parses.
 */
function outboundItemOf(item: WireItem): OutboundItem {
  const time = Math.max(0, Math.min(Date.parse(item.time), Date.now()));
  return { ...item, time };
}
