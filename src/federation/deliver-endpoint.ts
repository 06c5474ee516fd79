import type { Result } from "../delivery/retry-policy.ts";
import { limits } from "../limits.ts";
import { parseDelivery, type WireItem, type WireResult } from "../protocol/federation-wire.ts";
import { type RealmName, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { type Envelope, isNews } from "../shard-api/outbound-items.ts";
import { firstObject, type Host } from "../shard-api/realm-context.ts";
import { turnedAway } from "./authenticate-peer.ts";
import type { Visit } from "./federation-handlers.ts";

/** `POST /federation/deliver`: takes a batch. @returns one result for each message, in their order */
export async function deliver(
  visit: Visit,
  body: Uint8Array,
  host: Host,
): Promise<{ results: WireResult[] } | Failure> {
  const parsed = parseDelivery(body);
  if (!parsed) return failure("bad-federation-request");
  if (parsed.messages.length > limits.deliveryBatchMax) return failure("batch-too-large");

  const checked = parsed.messages.map((message) => refusalOf(message, visit.from, host.realm) ?? envelopeOf(message));
  const envelopes = checked.filter((each): each is Envelope => !("state" in each));
  const answer = await firstObject(host).takeDelivery(visit, envelopes);
  if (answer.kind !== "results") return turnedAway(answer, visit, host.realm);

  const taken = answer.results[Symbol.iterator]();
  return { results: checked.map((each) => ("state" in each ? each : (taken.next().value ?? { state: "deferred" }))) };
}

/** What an envelope gets without being looked at further: who speaks must be the peer's, and who is spoken to ours. */
function refusalOf(message: WireItem, from: RealmName, here: RealmName): (Result & { state: "failed" }) | null {
  if (!isFrom(message, from) || !isFor(message, here)) {
    console.warn({ event: "message-refused", realm: here, from, why: "not the peer's to send, or not ours to take" });
    return { state: "failed", reason: "refused" };
  }
  if (message.kind === "membership-update") return null;
  if (message.text === "" || !message.text.isWellFormed()) return { state: "failed", reason: "unprocessable" };
  const bytes = new TextEncoder().encode(message.text).length;
  return bytes > limits.bodyMaxBytes ? { state: "failed", reason: "too-large" } : null;
}

/** A group speaks for its realm; a message in it may be anybody's. */
function isFrom(message: WireItem, from: RealmName): boolean {
  return splitAddress(isNews(message) ? message.group : message.from).realm === from;
}

function isFor(message: WireItem, here: RealmName): boolean {
  return message.kind === "group-message" || splitAddress(message.to).realm === here;
}

/**
 * A message is never younger than its arrival, whatever the other clock says; and never older than 1970, since the years before
 * our era are written in a form that no realm reads.
 */
function envelopeOf(message: WireItem): Envelope {
  const time = Math.max(0, Math.min(Date.parse(message.time), Date.now()));
  if (isNews(message)) return { ...message, time };
  const { uid, kind, from, to, text } = message;
  return { uid, kind: kind === "private" ? "mailbox" : "group", from, to, text, time };
}
