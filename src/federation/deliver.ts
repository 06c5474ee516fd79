import type { Config, Env } from "../env.ts";
import { limits } from "../limits.ts";
import type { Envelope } from "../link/envelope.ts";
import type { Result } from "../link/rules.ts";
import { parseDelivery, type WireMessage, type WireResult } from "../protocol/federation.ts";
import { type RealmName, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Visit } from "../realm/inbound.ts";
import { firstObject } from "../realm/objects.ts";
import { turnedAway } from "./visit.ts";

/** `POST /federation/deliver`: takes a batch. @returns one result for each message, in their order */
export async function deliver(
  visit: Visit,
  body: Uint8Array,
  here: RealmName,
  env: Env,
  config: Config,
): Promise<{ results: WireResult[] } | Failure> {
  const parsed = parseDelivery(body);
  if (!parsed) return failure("bad-federation-request");
  if (parsed.messages.length > limits.batchMax) return failure("batch-too-large");

  const checked = parsed.messages.map((message) => refusalOf(message, visit.from, here) ?? envelopeOf(message));
  const envelopes = checked.filter((each): each is Envelope => !("state" in each));
  const answer = await firstObject(env, config, here).takeDelivery(visit, envelopes);
  if (answer.kind !== "results") return turnedAway(answer, visit, here);

  const taken = answer.results[Symbol.iterator]();
  return { results: checked.map((each) => ("state" in each ? each : (taken.next().value ?? { state: "later" }))) };
}

/** What a message gets without being looked at further: its sender must be the peer's, its recipient ours. */
function refusalOf(message: WireMessage, from: RealmName, here: RealmName): (Result & { state: "failed" }) | null {
  if (splitAddress(message.from).realm !== from || splitAddress(message.to).realm !== here) {
    console.warn({ event: "message-refused", realm: here, from, why: "not the peer's to send, or not ours to take" });
    return { state: "failed", reason: "refused" };
  }
  if (message.text === "" || !message.text.isWellFormed()) return { state: "failed", reason: "unprocessable" };
  const bytes = new TextEncoder().encode(message.text).length;
  return bytes > limits.bodyMaxBytes ? { state: "failed", reason: "too-large" } : null;
}

/** A message is never younger than its arrival, whatever the other clock says. */
function envelopeOf({ uid, kind, from, to, text, time }: WireMessage): Envelope {
  return {
    uid,
    kind: kind === "private" ? "mailbox" : "group",
    from,
    to,
    text,
    time: Math.min(Date.parse(time), Date.now()),
  };
}
