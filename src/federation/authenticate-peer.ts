import { declaredBytes, type RequestBody, readRequestBody } from "../bodies/request-body.ts";
import { peerOrigin } from "../config/federation-policy.ts";
import { limits } from "../limits.ts";
import { originHeader, type PublicKey } from "../protocol/federation-wire.ts";
import { parseRealm, type RealmName } from "../protocol/names.ts";
import { type Failure, failure, retryableFailure } from "../protocol/replies.ts";
import { type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import type { AdmissionRefusal, PeerKeyLookup, PeerRequest } from "../shard-api/shard-api.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import { Counters } from "../storage/counters.ts";
import { logError, logWarning } from "../storage/log.ts";
import {
  type FindKey,
  hasSignedDigest,
  precheckHeaders,
  type SignatureRejection,
  verifySignedRequest,
} from "./http-signature.ts";
import { PeerPauses } from "./peer-pauses.ts";

export interface PeerAuthentication {
  /** The largest body that the path takes. */
  maxBytes: number;
  /** The address that the request came from; null: not known. */
  client: string | null;
  context: RealmContext;
}

/** A verified request of a peer, with its body. */
export interface AuthenticatedPeer {
  peer: PeerRequest;
  body: RequestBody;
}

/**
 * Authenticates a request in steps that cost more and more: the headers, a pause of the peer, the signature, for a long body
 * the admission by shard 0, and then the body and its digest. Nobody but a peer makes this server read a body.
 *
 * @returns the request and its body, or the answer that rejects it
 */
export async function authenticatePeer(
  request: Request,
  { maxBytes, client, context }: PeerAuthentication,
): Promise<AuthenticatedPeer | Failure> {
  const { config, realm: here } = context;
  const precheck = precheckHeaders(request, here);
  if (precheck.kind === "rejected") return rejectSignature(precheck.reason, request, here);
  const { from } = precheck;
  if (!peerOrigin(config, from)) return rejectSignature("unknown-peer", request, here);
  const pausedSeconds = pauses.secondsLeft(here, from);
  if (pausedSeconds > 0) return retryableFailure("slow-down", pausedSeconds);
  const bytes = declaredBytes(request) ?? maxBytes;
  if (bytes > maxBytes) return failure("body-too-large", { bytes: maxBytes });

  const result = await verifySignedRequest({ request, from, findKey: findKeyFor(context, client), now: Date.now() });
  if (result.kind === "key-unavailable") return retryableFailure("unavailable", limits.unreachableRetrySeconds);
  if (result.kind === "rejected") return rejectSignature(result.reason, request, here);
  const isAdmitted = bytes > limits.bodyMaxBytes;
  const peer = { from, nonce: result.nonce, bytes, isAdmitted };
  if (isAdmitted) {
    const admission = await shardZero(context).admitPeer({ ...peer, isAdmitted: false });
    if (admission.kind !== "admitted") return rejectAdmission(admission, peer, here);
  }
  const body = await readRequestBody(request, { maxBytes, tooLarge: "body-too-large", client });
  if ("error" in body) return body;
  if (await hasSignedDigest(request, body.bytes)) return { peer, body };
  body.release();
  return rejectSignature("digest-mismatch", request, here);
}

/** The answer to a verified request that shard 0 does not admit. */
export function rejectAdmission(refusal: AdmissionRefusal, peer: PeerRequest, here: RealmName): Failure {
  logWarning("peer-admission-rejected", { realm: here, from: peer.from, reason: refusal.kind });
  switch (refusal.kind) {
    case "rate-limited":
      pauses.start(here, peer.from, refusal.seconds);
      return retryableFailure("slow-down", refusal.seconds);
    case "not-serving":
      return refusal.failure;
    case "refused":
      return failure("peer-refused");
    case "replayed":
      return failure("signature-refused");
  }
}

/** The pauses that this Worker isolate or process knows of. */
const pauses = new PeerPauses(() => performance.now());

/** Those of this Worker isolate or process, by reason. */
export const rejectedSignatures = new Counters<SignatureRejection>();

/** The answer to a request that is not verified. The log has the reason; the peer does not get it. */
export function rejectSignature(reason: SignatureRejection, request: Request, here: RealmName): Failure {
  // Only what is a realm: a stranger may send any text as one.
  const from = parseRealm(request.headers.get(originHeader) ?? "");
  rejectedSignatures.add(reason);
  logWarning("peer-signature-rejected", { realm: here, from, reason });
  return failure(reason === "unknown-peer" ? "peer-refused" : "signature-refused");
}

/** Keys that were found, for a while: a busy peer does not cost a call to shard 0 for each request. */
const foundKeys = new BoundedCache<string, { key: PublicKey; foundAt: number }>(limits.peerKeyCacheMax);

function findKeyFor(context: RealmContext, client: string | null): FindKey {
  return async (from, keyId) => {
    const cacheKey = `${context.realm} ${from} ${keyId}`;
    const now = Date.now();
    const cached = foundKeys.get(cacheKey);
    // A time that lies ahead was noted before the clock stepped back.
    if (cached && cached.foundAt <= now && now - cached.foundAt < limits.peerKeyCacheMs) {
      return { kind: "found", key: cached.key };
    }
    const lookup = await lookUpKey(context, from, keyId, client);
    if (lookup.kind === "found") foundKeys.set(cacheKey, { key: lookup.key, foundAt: now });
    return lookup;
  };
}

/** Asks shard 0 for a key. A shard that cannot answer leaves the key unknown for now, and says nothing about the signature. */
async function lookUpKey(
  context: RealmContext,
  from: RealmName,
  keyId: string,
  client: string | null,
): Promise<PeerKeyLookup> {
  const event = "peer-key-lookup-failed";
  try {
    const lookup = await shardZero(context).findPeerKey(from, keyId, client);
    if (lookup.kind === "unavailable") logWarning(event, { realm: context.realm, from, problem: lookup.problem });
    return lookup;
  } catch (error) {
    logError(event, error, { realm: context.realm, from });
    return { kind: "unavailable", problem: "internal-error" };
  }
}
