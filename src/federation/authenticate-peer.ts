import { peerOrigin } from "../config/federation-policy.ts";
import { limits } from "../limits.ts";
import { originHeader, type PublicKey } from "../protocol/federation-wire.ts";
import type { RealmName } from "../protocol/names.ts";
import { type Failure, failure, retryableFailure } from "../protocol/replies.ts";
import { type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import type { AdmissionRefusal, PeerKeyLookup, PeerRequest } from "../shard-api/shard-api.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import { logError, logWarning } from "../storage/log.ts";
import { readRequestBytes } from "../storage/request-body.ts";
import { type FindKey, precheckHeaders, type SignatureRejection, verifySignedRequest } from "./http-signature.ts";

/**
 * Verifies the signature of a peer's request. The body is read only if the headers could be those of a peer.
 *
 * @returns the request and its body, or the answer that rejects it
 */
export async function authenticatePeer(
  request: Request,
  maxBytes: number,
  context: RealmContext,
): Promise<{ peer: PeerRequest; body: Uint8Array } | Failure> {
  const { config, realm: here } = context;
  const precheck = precheckHeaders(request, here);
  if (precheck.kind === "rejected") return rejectSignature(precheck.reason, request, here);
  const { from } = precheck;
  if (!peerOrigin(config, from)) return rejectSignature("unknown-peer", request, here);
  const body = await readRequestBytes(request, maxBytes);
  if (!body) return failure("body-too-large", { bytes: maxBytes });
  const findKey = findKeyFor(context);
  const result = await verifySignedRequest({ request, body, from, findKey, now: Date.now() });
  switch (result.kind) {
    case "verified":
      return { peer: { from, nonce: result.nonce }, body };
    case "key-unavailable":
      return retryableFailure("unavailable", limits.unreachableRetrySeconds);
    case "rejected":
      return rejectSignature(result.reason, request, here);
  }
}

/** The answer to a verified request that shard 0 does not admit. */
export function rejectAdmission(refusal: AdmissionRefusal, peer: PeerRequest, here: RealmName): Failure {
  logWarning("peer-admission-rejected", { realm: here, from: peer.from, reason: refusal.kind });
  switch (refusal.kind) {
    case "rate-limited":
      return retryableFailure("slow-down", refusal.seconds);
    case "not-serving":
      return refusal.failure;
    case "replayed":
      return failure("signature-refused");
  }
}

/** The answer to a request that is not verified. The log has the reason; the peer does not get it. */
export function rejectSignature(reason: SignatureRejection, request: Request, here: RealmName): Failure {
  const from = request.headers.get(originHeader)?.slice(0, limits.realmMaxChars) ?? null;
  logWarning("peer-signature-rejected", { realm: here, from, reason });
  return failure(reason === "unknown-peer" ? "peer-refused" : "signature-refused");
}

/** Keys that were found, for a while: a busy peer does not cost a call to shard 0 for each request. */
const foundKeys = new BoundedCache<string, { key: PublicKey; foundAt: number }>(limits.peerKeyCacheMax);

function findKeyFor(context: RealmContext): FindKey {
  return async (from, keyId) => {
    const cacheKey = `${context.realm} ${from} ${keyId}`;
    const now = Date.now();
    const cached = foundKeys.get(cacheKey);
    // A time that lies ahead was noted before the clock stepped back.
    if (cached && cached.foundAt <= now && now - cached.foundAt < limits.peerKeyCacheMs) {
      return { kind: "found", key: cached.key };
    }
    const lookup = await lookUpKey(context, from, keyId);
    if (lookup.kind === "found") foundKeys.set(cacheKey, { key: lookup.key, foundAt: now });
    return lookup;
  };
}

/** Asks shard 0 for a key. A shard that cannot answer leaves the key unknown for now, and says nothing about the signature. */
async function lookUpKey(context: RealmContext, from: RealmName, keyId: string): Promise<PeerKeyLookup> {
  const event = "peer-key-lookup-failed";
  try {
    const lookup = await shardZero(context).findPeerKey(from, keyId);
    if (lookup.kind === "unavailable") logWarning(event, { realm: context.realm, from, problem: lookup.problem });
    return lookup;
  } catch (error) {
    logError(event, error, { realm: context.realm, from });
    return { kind: "unavailable", problem: "internal-error" };
  }
}
