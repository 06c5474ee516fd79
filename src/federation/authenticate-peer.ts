import { limits } from "../limits.ts";
import { originHeader, type PublicKey } from "../protocol/federation-wire.ts";
import type { RealmName } from "../protocol/names.ts";
import { type Failure, failure, retryableFailure } from "../protocol/replies.ts";
import { firstObject, type Host } from "../shard-api/realm-context.ts";
import { readBytes } from "../storage/byte-streams.ts";
import type { TurnedAway, Visit } from "./federation-handlers.ts";
import { type Doubt, type FindKey, glance, verify } from "./http-signature.ts";
import { originOf } from "./peer-policy.ts";

/**
 * Believes a request of another realm, or says what it gets instead. The log hears why; the peer does not.
 *
 * @returns the visit and the body, which is kept only where the request looks like one of a realm that we talk to
 */
export async function visitOf(
  request: Request,
  mostBytes: number,
  host: Host,
): Promise<{ visit: Visit; body: Uint8Array } | Failure> {
  const { config, realm: here } = host;
  const seen = glance(request, here);
  if (!seen.ok) return turnAway(seen.doubt, here, request);
  if (!originOf(config, seen.from)) return turnAway("unknown-peer", here, request);
  const body = await readBytes(request, mostBytes);
  if (!body) return failure("body-too-large", { bytes: mostBytes });
  const believed = await verify(request, body, seen.from, keysOf(host), Date.now());
  if (!believed.ok) return turnAway(believed.doubt, here, request);
  return { visit: { from: seen.from, nonce: believed.nonce }, body };
}

/** The answer to a visit that the gate does not let in. */
export function turnedAway(turned: TurnedAway, visit: Visit, here: RealmName): Failure {
  console.warn({ event: "visit-turned-away", realm: here, from: visit.from, why: turned.kind });
  switch (turned.kind) {
    case "slow-down":
      return retryableFailure("slow-down", turned.seconds);
    case "closed":
      return turned.failure;
    case "replayed":
      return failure("signature-refused");
  }
}

function turnAway(doubt: Doubt, here: RealmName, request: Request): Failure {
  const from = request.headers.get(originHeader)?.slice(0, limits.realmMaxChars) ?? null;
  console.warn({ event: "visit-refused", realm: here, from, doubt });
  return failure(doubt === "unknown-peer" ? "peer-refused" : "signature-refused");
}

/** Keys that were found, for a while: a link that is busy shall not ask the object for each batch. */
const known = new Map<string, { key: PublicKey; until: number }>();

function keysOf(host: Host): FindKey {
  return async (realm, id) => {
    const name = `${host.realm} ${realm} ${id}`;
    const now = Date.now();
    const before = known.get(name);
    if (before && before.until > now) return before.key;
    const key = await firstObject(host).peerKey(realm, id);
    if (typeof key === "string") return key;
    if (known.size >= limits.peerKeyCacheMax) known.clear();
    known.set(name, { key, until: now + limits.peerKeyCacheMs });
    return key;
  };
}
