import * as v from "valibot";
import { limits } from "../limits.ts";
import { groupErrorCodes, membershipChanges } from "./group-requests.ts";
import { hasAtMostValues } from "./json-size.ts";
import { type FullAddress, parseAddress, parseRealm, type RealmName } from "./names.ts";
import { type Failure, failure } from "./replies.ts";

/**
 * The messages between realms, and one parser for each. A parser checks the form only; the receiver checks whether the sender
 * may send the content.
 */
export const federationVersion = 1;

export const federationPaths = {
  wellKnown: "/.well-known/ranah",
  deliver: "/federation/deliver",
  query: "/federation/query",
  echo: "/federation/echo",
} as const;

/** Sender and receiver of a request. Both are signed, so that a request to one realm is invalid at another. */
export const originHeader = "ranah-origin";
export const destinationHeader = "ranah-destination";

const realm = v.pipe(
  v.string(),
  v.transform(parseRealm),
  v.check((name) => name !== null),
  v.transform((name) => name as RealmName),
);
const address = v.pipe(
  v.string(),
  v.check((text) => parseAddress(text)?.realm != null),
  v.transform((text) => text.toLowerCase() as FullAddress),
);
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  // The pattern accepts an offset of 23 hours, but `Date` does not.
  v.check((text) => !Number.isNaN(Date.parse(text))),
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** An array whose length is checked before its items, so that a long one costs nothing. */
const shortArray = <S extends v.GenericSchema>(item: S, maxItems: number) =>
  v.pipe(v.array(v.unknown()), v.maxLength(maxItems), v.array(item));

/** An Ed25519 public key as a JWK (RFC 8037, section 2). */
export const publicKeySchema = v.object({
  kty: v.literal("OKP"),
  crv: v.literal("Ed25519"),
  kid: v.pipe(v.string(), v.maxLength(limits.keyIdMaxChars)),
  x: v.pipe(v.string(), v.length(43)),
});
export type PublicKey = v.InferOutput<typeof publicKeySchema>;

/** `GET /.well-known/ranah` */
const wellKnown = v.object({
  realm,
  version: v.literal(federationVersion),
  time,
  endpoints: v.object({ deliver: v.string(), query: v.string(), echo: v.string() }),
  // A later release may publish keys of another type. They are ignored.
  keys: v.pipe(
    v.array(v.unknown()),
    v.maxLength(limits.peerKeysMax),
    v.transform((keys) => keys.filter((key) => v.is(publicKeySchema, key))),
  ),
});
export type WellKnown = v.InferOutput<typeof wellKnown>;

/** `POST /federation/deliver` */
const uid = v.pipe(v.string(), v.regex(new RegExp(`^[!-~]{1,${limits.uidMaxChars}}$`)));
const wireMessage = v.object({
  uid,
  kind: v.picklist(["private", "group"]),
  from: address,
  to: address,
  text: v.string(),
  time,
});
export type WireMessage = v.InferOutput<typeof wireMessage>;
/** A message of a group of the sender, for a replica. */
const wireGroupMessage = v.object({
  kind: v.literal("group-message"),
  group: address,
  id: v.pipe(count, v.minValue(1)),
  after: v.optional(count),
  from: address,
  text: v.string(),
  time,
});
export type WireGroupMessage = v.InferOutput<typeof wireGroupMessage>;
/** A change of a membership in a group of the sender. */
const wireMembershipUpdate = v.object({
  kind: v.literal("membership-update"),
  uid,
  group: address,
  to: address,
  change: v.picklist(membershipChanges),
  by: address,
  time,
  version: v.optional(count, 0),
});
export type WireMembershipUpdate = v.InferOutput<typeof wireMembershipUpdate>;
const wireItem = v.variant("kind", [wireMessage, wireGroupMessage, wireMembershipUpdate]);
export type WireItem = v.InferOutput<typeof wireItem>;
/** The number of its messages has an error of its own, so it is checked before they are parsed. */
const batch = v.object({ messages: v.array(v.unknown()) });
const delivery = v.object({ messages: v.array(wireItem) });
export type WireDelivery = v.InferOutput<typeof delivery>;

const wireResult = v.variant("state", [
  v.object({ state: v.literal("delivered"), id: v.optional(count) }),
  v.object({ state: v.literal("failed"), reason: v.string() }),
  v.object({ state: v.literal("deferred") }),
]);
export type WireResult = v.InferOutput<typeof wireResult>;
const deliveryAnswer = v.object({ results: shortArray(wireResult, limits.deliveryBatchMax) });

/** `POST /federation/query` */
const page = v.object({
  after: v.optional(count),
  before: v.optional(count),
  limit: v.optional(count),
  last: v.optional(count),
  wait: v.optional(v.pipe(count, v.maxValue(limits.waitMaxSeconds))),
});
const groupAndAsker = { group: address, by: address };
const readGroup = v.object({ kind: v.literal("read-group"), ...groupAndAsker, page });
export type WireQuery = v.InferOutput<typeof readGroup>;
const groupRequest = v.variant("kind", [
  v.object({ kind: v.literal("join"), ...groupAndAsker, have: count }),
  v.object({ kind: v.literal("leave"), ...groupAndAsker }),
  v.object({ kind: v.literal("members"), ...groupAndAsker }),
  v.object({ kind: v.literal("invite"), ...groupAndAsker, member: address }),
  v.object({ kind: v.literal("kick"), ...groupAndAsker, member: address }),
]);
const query = v.variant("kind", [readGroup, ...groupRequest.options]);

const groupReply = v.variant("kind", [
  v.object({
    kind: v.literal("joined"),
    role: v.picklist(["owner", "member"]),
    newest: count,
    version: v.optional(count, 0),
  }),
  v.object({ kind: v.literal("left") }),
  v.object({
    kind: v.literal("members"),
    members: shortArray(
      v.object({ user: address, role: v.picklist(["owner", "member", "invited"]), joined: time }),
      limits.membersPerGroup,
    ),
  }),
  v.object({ kind: v.literal("invited"), state: v.picklist(["delivered", "queued", "already-member"]) }),
  v.object({ kind: v.literal("kicked") }),
]);
const groupAnswer = v.variant("ok", [
  v.object({ ok: v.literal(true), reply: groupReply }),
  v.object({ ok: v.literal(false), error: v.picklist(groupErrorCodes) }),
]);
export type WireGroupAnswer = v.InferOutput<typeof groupAnswer>;

const wireRow = v.object({
  id: count,
  from: address,
  text: v.string(),
  time: v.pipe(
    time,
    v.transform((text) => new Date(text).toISOString()),
  ),
});
export type WireRow = v.InferOutput<typeof wireRow>;
/** One chunk of a page, and its remaining range; null at its end. */
const queryAnswer = v.variant("ok", [
  v.object({
    ok: v.literal(true),
    rows: shortArray(wireRow, limits.chunkRows),
    rest: v.nullable(v.object({ after: count, until: count, rows: count })),
  }),
  v.object({ ok: v.literal(false), error: v.literal("no-such-group") }),
]);
export type WireQueryAnswer = v.InferOutput<typeof queryAnswer>;

/** `POST /federation/echo` */
const echo = v.object({ text: v.pipe(v.string(), v.maxLength(limits.echoTextMaxChars)) });
const echoAnswer = v.object({ text: v.string(), realm, time });
export type WireEchoAnswer = v.InferOutput<typeof echoAnswer>;

/** @returns undefined if the bytes are not UTF-8, not JSON, or have too many values to be worth parsing */
function parseJson(bytes: Uint8Array): unknown {
  if (!hasAtMostValues(bytes, limits.peerJsonMaxValues)) return undefined;
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The first fault decides: a list of all faults of a hostile body would be longer than the body. */
function outputOf<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> | null {
  const result = v.safeParse(schema, value, { abortEarly: true });
  return result.success ? result.output : null;
}

function parser<S extends v.GenericSchema>(schema: S) {
  /** @returns null if the bytes are not UTF-8, not JSON, or of another form */
  return (bytes: Uint8Array): v.InferOutput<S> | null => outputOf(schema, parseJson(bytes));
}

export function parseDelivery(bytes: Uint8Array): WireDelivery | Failure {
  const envelope = outputOf(batch, parseJson(bytes));
  if (envelope && envelope.messages.length > limits.deliveryBatchMax) return failure("batch-too-large");
  return (envelope && outputOf(delivery, envelope)) ?? failure("bad-federation-request");
}

export const parseWellKnown = parser(wellKnown);
export const parseDeliveryAnswer = parser(deliveryAnswer);
export const parseQuery = parser(query);
export const parseQueryAnswer = parser(queryAnswer);
export const parseGroupAnswer = parser(groupAnswer);
export const parseEcho = parser(echo);
export const parseEchoAnswer = parser(echoAnswer);
