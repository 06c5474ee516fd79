import { appendSignature, createSignature, isSignatureError, verifySignature, webcrypto } from "http-message-sig";
import { limits } from "../limits.ts";
import { destinationHeader, originHeader, type PublicKey } from "../protocol/federation-wire.ts";
import { parseRealm, type RealmName } from "../protocol/names.ts";
import type { PeerKeyLookup } from "../shard-api/shard-api.ts";

/**
 * HTTP Message Signatures (RFC 9421) with Ed25519 over everything that a receiver acts on: method, path, content digest
 * (RFC 9530), origin realm, destination realm, time and nonce.
 */
const components = ["@method", "@path", "content-digest", originHeader, destinationHeader] as const;
const algorithm = "ed25519";
const label = "ranah";
/** RFC 8032, section 5.1.6. */
const signatureBytes = 64;
/** `Signature-Input` must begin with these components in this order, and no others. */
const signatureInputStart = `${label}=(${components.map((component) => `"${component}"`).join(" ")});`;

export interface SigningKey {
  id: string;
  key: CryptoKey;
}

export interface SigningInput {
  url: URL;
  body: string;
  from: RealmName;
  to: RealmName;
  signer: SigningKey;
  /** Milliseconds since 1970. */
  now: number;
  nonce?: string;
}

export async function signRequest(input: SigningInput): Promise<Request> {
  const { url, from, to, signer, now, nonce = crypto.randomUUID() } = input;
  const body = new TextEncoder().encode(input.body);
  const headers = new Headers({
    "content-type": "application/json",
    "content-digest": await contentDigestOf(body),
    [originHeader]: from,
    [destinationHeader]: to,
  });
  const request = new Request(url, { method: "POST", body, headers });
  const fields = await createSignature(request, {
    label,
    components: [...components],
    parameters: { created: Math.floor(now / 1000), keyid: signer.id, alg: algorithm, nonce, tag: label },
    signer: webcrypto.signer(signer.key),
  });
  return new Request(request, { headers: appendSignature(headers, fields) });
}

/** Why a request is rejected. The log has it; the peer only gets `signature-refused`. */
export type SignatureRejection =
  | "no-origin"
  | "wrong-destination"
  | "has-query"
  | "digest-mismatch"
  | "no-signature"
  | "bad-signature"
  | "stale"
  | "unknown-peer"
  | "unknown-key"
  /** The peer publishes a key that is none. */
  | "invalid-key";
type Rejection = { kind: "rejected"; reason: SignatureRejection };
export type PrecheckResult = { kind: "passed"; from: RealmName } | Rejection;
export type VerificationResult =
  | { kind: "verified"; nonce: string }
  /** The key could not be looked up, so that nothing is known about the signature. */
  | { kind: "key-unavailable" }
  | Rejection;
export type FindKey = (realm: RealmName, keyId: string) => Promise<PeerKeyLookup>;

/** Checks the headers before the body is read and before anything is computed. A rejected request costs no more than this. */
export function precheckHeaders(request: Request, here: RealmName): PrecheckResult {
  const from = parseRealm(request.headers.get(originHeader) ?? "");
  if (!from || from === here) return rejected("no-origin");
  if (request.headers.get(destinationHeader) !== here) return rejected("wrong-destination");
  if (new URL(request.url).search !== "") return rejected("has-query");
  const input = request.headers.get("signature-input");
  const signature = request.headers.get("signature");
  if (!input || !signature) return rejected("no-signature");
  // The verifier rebuilds the signed text from this header: the work grows with its length.
  const isTooLong = input.length > limits.signatureMaxChars || signature.length > limits.signatureMaxChars;
  return isTooLong || !input.startsWith(signatureInputStart) ? rejected("bad-signature") : { kind: "passed", from };
}

export interface VerificationInput {
  /** A request that passed `precheckHeaders`. */
  request: Request;
  from: RealmName;
  findKey: FindKey;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Verifies the signature over the headers. It covers the digest of the body, so the body is read only after this, and
 * `hasSignedDigest` checks it.
 *
 * @throws what `findKey` throws, and bugs; never for what a peer has sent
 */
export async function verifySignedRequest(input: VerificationInput): Promise<VerificationResult> {
  const { request, from, findKey, now } = input;
  try {
    const { parameters } = await verifySignature(request, {
      label,
      policy: {
        algorithms: [algorithm],
        requiredComponents: [...components],
        requiredParameters: ["created", "keyid", "nonce", "alg"],
        // Both times are checked below, so that the log tells a stale request from a forged one.
        clockSkew: Number.MAX_SAFE_INTEGER,
      },
      resolveVerifier: async ({ parameters: { keyid }, signature }) => {
        // workerd throws for a signature of another length, as if that were a bug.
        if (signature.byteLength !== signatureBytes) throw new NotVerifiable("bad-signature");
        const lookup = await findKey(from, String(keyid));
        if (lookup.kind !== "found") throw new NotVerifiable(lookup.kind);
        return webcrypto.verifier(await importPublicKey(lookup.key));
      },
    });
    const { nonce, created, expires } = parameters;
    if (typeof nonce !== "string" || nonce.length > limits.nonceMaxChars) return rejected("bad-signature");
    const ageSeconds = now / 1000 - Number(created);
    if (!(Math.abs(ageSeconds) <= limits.clockSkewSeconds)) return rejected("stale");
    // The peer has set this time itself, so no difference of clocks is allowed for (RFC 9421, section 2.3).
    if (expires !== undefined && expires < now / 1000) return rejected("stale");
    return { kind: "verified", nonce };
  } catch (error) {
    if (!isSignatureError(error)) throw error;
    // The library wraps what `resolveVerifier` throws; every other code is about what the peer has sent.
    if (error.code !== "ResolverFailed") return rejected("bad-signature");
    if (!(error.cause instanceof NotVerifiable)) throw error.cause;
    const { reason } = error.cause;
    return reason === "unavailable" ? { kind: "key-unavailable" } : rejected(reason);
  }
}

/** Whether a body is the one that the headers of its request name. */
export async function hasSignedDigest({ headers }: Request, body: Uint8Array): Promise<boolean> {
  return headers.get("content-digest") === (await contentDigestOf(body));
}

/** Leaves `verifySignature` early; its message is never shown. */
class NotVerifiable extends Error {
  readonly reason: Exclude<PeerKeyLookup["kind"], "found"> | "invalid-key" | "bad-signature";

  constructor(reason: NotVerifiable["reason"]) {
    super(reason);
    this.reason = reason;
  }
}

function rejected(reason: SignatureRejection): Rejection {
  return { kind: "rejected", reason };
}

/** `sha-256=:…:` (RFC 9530, section 2). */
export async function contentDigestOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(digest)))}:`;
}

async function importPublicKey({ kty, crv, x }: PublicKey): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", true, ["verify"]);
  } catch (error) {
    // Web Cryptography API, section 14.3.4: the key data is not a key.
    if (error instanceof DOMException && error.name === "DataError") throw new NotVerifiable("invalid-key");
    throw error;
  }
}
