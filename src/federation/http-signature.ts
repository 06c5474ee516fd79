import { appendSignature, createSignature, verifySignature, webcrypto } from "http-message-sig";
import { limits } from "../limits.ts";
import { destinationHeader, originHeader, type PublicKey } from "../protocol/federation-wire.ts";
import { parseRealm, type RealmName } from "../protocol/names.ts";

/**
 * HTTP Message Signatures (RFC 9421) with Ed25519, over method, path, content digest (RFC 9530), origin and destination
 * realm, time and nonce. What is signed is all that a receiver acts on.
 */
const components = ["@method", "@path", "content-digest", originHeader, destinationHeader] as const;
const algorithm = "ed25519";
const label = "ranah";
/** How `Signature-Input` begins: these components in this order, and no others. */
const signedInput = `${label}=(${components.map((component) => `"${component}"`).join(" ")});`;

export interface SigningKey {
  id: string;
  key: CryptoKey;
}

/** @param nowMs milliseconds since 1970 */
export async function signedRequest(
  url: URL,
  body: string,
  from: RealmName,
  to: RealmName,
  signer: SigningKey,
  nowMs: number,
  nonce: string = crypto.randomUUID(),
): Promise<Request> {
  const bytes = new TextEncoder().encode(body);
  const headers = new Headers({
    "content-type": "application/json",
    "content-digest": await digestOf(bytes),
    [originHeader]: from,
    [destinationHeader]: to,
  });
  const request = new Request(url, { method: "POST", body: bytes, headers });
  const fields = await createSignature(request, {
    label,
    components: [...components],
    parameters: { created: Math.floor(nowMs / 1000), keyid: signer.id, alg: algorithm, nonce, tag: label },
    signer: webcrypto.signer(signer.key),
  });
  return new Request(request, { headers: appendSignature(headers, fields) });
}

/** Why a request was not believed. The peer hears none of it, the log all. */
export type Doubt =
  | "no-origin"
  | "wrong-destination"
  | "has-query"
  | "digest-mismatch"
  | "no-signature"
  | "bad-signature"
  | "stale"
  | "unknown-peer"
  | "unknown-key"
  | "replayed";
export type Believed = { ok: true; nonce: string } | { ok: false; doubt: Doubt };
export type FindKey = (realm: RealmName, id: string) => Promise<PublicKey | Extract<Doubt, `unknown-${string}`>>;

/**
 * What can be seen of a request before its body is kept and before anything is computed: a stranger shall cost us no more than
 * this, and the throwing away of a body.
 */
export function glance(request: Request, here: RealmName): { ok: true; from: RealmName } | { ok: false; doubt: Doubt } {
  const doubtful = (doubt: Doubt) => ({ ok: false as const, doubt });
  const from = parseRealm(request.headers.get(originHeader) ?? "");
  if (!from || from === here) return doubtful("no-origin");
  if (request.headers.get(destinationHeader) !== here) return doubtful("wrong-destination");
  if (new URL(request.url).search !== "") return doubtful("has-query");
  const [input, signature] = ["signature-input", "signature"].map((name) => request.headers.get(name));
  if (!input || !signature) return doubtful("no-signature");
  // Whoever verifies rebuilds what was signed from this header; a long one would make that expensive.
  const isLong = input.length > limits.signatureMaxChars || signature.length > limits.signatureMaxChars;
  return isLong || !input.startsWith(signedInput) ? doubtful("bad-signature") : { ok: true, from };
}

/**
 * Verifies a request that passed `glance`.
 *
 * @param body the bytes of the request, already read and bounded
 */
export async function verify(
  request: Request,
  body: Uint8Array,
  from: RealmName,
  findKey: FindKey,
  nowMs: number,
): Promise<Believed> {
  const doubtful = (doubt: Doubt): Believed => ({ ok: false, doubt });
  if (request.headers.get("content-digest") !== (await digestOf(body))) return doubtful("digest-mismatch");

  let missing: Doubt | null = null;
  try {
    const verified = await verifySignature(request, {
      label,
      policy: {
        algorithms: [algorithm],
        requiredComponents: [...components],
        requiredParameters: ["created", "keyid", "nonce", "alg"],
        // Age is judged below, so that the log can tell a stale request from a forged one.
        clockSkew: Number.MAX_SAFE_INTEGER,
      },
      resolveVerifier: async ({ parameters }) => {
        const found = await findKey(from, String(parameters.keyid));
        if (typeof found === "string") {
          missing = found;
          throw new Error(found);
        }
        return webcrypto.verifier(await importPublic(found));
      },
    });
    const { nonce, created } = verified.parameters;
    if (typeof nonce !== "string" || nonce.length > limits.nonceMaxChars) return doubtful("bad-signature");
    const ageSeconds = nowMs / 1000 - Number(created);
    if (!(Math.abs(ageSeconds) <= limits.clockSkewSeconds)) return doubtful("stale");
    return { ok: true, nonce };
  } catch {
    return doubtful(missing ?? "bad-signature");
  }
}

/** `sha-256=:…:` (RFC 9530, section 2). */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(digest)))}:`;
}

function importPublic({ kty, crv, x }: PublicKey): Promise<CryptoKey> {
  return crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", true, ["verify"]);
}
