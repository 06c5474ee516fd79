import { createPrivateKey, createPublicKey, verify as nodeVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  contentDigestOf,
  type FindKey,
  hasSignedDigest,
  precheckHeaders,
  signRequest,
  verifySignedRequest,
} from "../../src/federation/http-signature.ts";
import { limits } from "../../src/limits.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import { deliveryOf } from "../protocol/wire.ts";
import {
  isSignatureValid,
  requiredComponents,
  type SignedRequest,
  signatureBase,
  signRequest as signElsewhere,
} from "../support/signing.ts";

/** A request that every implementation signs and accepts, byte for byte. */
const vector: {
  url: string;
  now: string;
  privateKey: JsonWebKey & Record<string, string>;
  publicKey: { kty: "OKP"; crv: "Ed25519"; kid: string; x: string };
  request: SignedRequest;
  signatureBase: string;
} = JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/federation/signed-request.json"), "utf8"));
const { request: published, publicKey } = vector;
const surabaya = "surabaya" as RealmName;
const jakarta = "jakarta" as RealmName;
const nowMs = Date.parse(vector.now);
const nonce = /nonce="([^"]+)"/.exec(published.headers["signature-input"] ?? "")?.[1] ?? "";
const bodyBytes = new TextEncoder().encode(published.body);
const knownKeys: FindKey = async (realm, keyId) => {
  if (realm !== surabaya) return { kind: "unknown-peer" };
  return keyId === publicKey.kid ? { kind: "found", key: publicKey } : { kind: "unknown-key" };
};

/** The published request, with a change. */
interface Change {
  url?: string;
  method?: string;
  headers?: Record<string, string | undefined>;
  body?: string;
  here?: RealmName;
  nowMs?: number;
  findKey?: FindKey;
}
async function verified(change: Change = {}) {
  const headers = new Headers();
  for (const [name, value] of Object.entries({ ...published.headers, ...change.headers })) {
    if (value !== undefined) headers.set(name, value);
  }
  const request = new Request(change.url ?? vector.url, {
    method: change.method ?? "POST",
    headers,
    body: published.body,
  });
  const body = change.body === undefined ? bodyBytes : new TextEncoder().encode(change.body);
  const precheck = precheckHeaders(request, change.here ?? jakarta);
  if (precheck.kind === "rejected") return precheck;
  const { from } = precheck;
  const findKey = change.findKey ?? knownKeys;
  const result = await verifySignedRequest({ request, from, findKey, now: change.nowMs ?? nowMs });
  if (result.kind !== "verified") return result;
  // In the order of the receiver: the body is read when the signature is known to be right.
  return (await hasSignedDigest(request, body)) ? { ...result, from } : { kind: "rejected", reason: "digest-mismatch" };
}
const publishedInput = published.headers["signature-input"] ?? "";

test("this realm sends the published request byte for byte", async () => {
  const key = await crypto.subtle.importKey("jwk", vector.privateKey, "Ed25519", false, ["sign"]);
  const signer = { id: publicKey.kid, key };
  const request = await signRequest({
    url: new URL(vector.url),
    body: published.body,
    from: surabaya,
    to: jakarta,
    signer,
    now: nowMs,
    nonce,
  });
  expect(request.method).toBe(published.method);
  expect(request.url).toBe(vector.url);
  expect(Object.fromEntries(request.headers)).toEqual(published.headers);
  expect(new Uint8Array(await request.arrayBuffer())).toEqual(bodyBytes);
  expect(deliveryOf(bodyBytes)?.messages).toHaveLength(1);
});

test("the published request verifies with nothing but Ed25519 and the published lines", () => {
  const key = createPublicKey({ key: publicKey, format: "jwk" });
  const signature = /^ranah=:(.+):$/.exec(published.headers.signature ?? "")?.[1] ?? "";
  expect(nodeVerify(null, Buffer.from(vector.signatureBase), key, Buffer.from(signature, "base64"))).toBe(true);
  const input = publishedInput.replace(/^ranah=/, "") ?? "";
  expect(signatureBase(published, requiredComponents, input)).toBe(vector.signatureBase);
  expect(isSignatureValid(published, key)).toBe(true);
  expect(isSignatureValid({ ...published, path: "/federation/query" }, key)).toBe(false);
});

test("the published request is verified at its destination, and names its sender", async () => {
  expect(await verified()).toEqual({ kind: "verified", from: "surabaya", nonce });
});

const rejections: [what: string, reason: string, change: Change][] = [
  ["a second more than five minutes old", "stale", { nowMs: nowMs + 300_500 }],
  ["more than five minutes young", "stale", { nowMs: nowMs - 301_000 }],
  ["at another realm", "wrong-destination", { here: "bandung" as RealmName }],
  ["at the realm that it comes from", "no-origin", { here: surabaya }],
  ["with a body of another byte", "digest-mismatch", { body: published.body.replace("halo", "Halo") }],
  ["with a space behind its body", "digest-mismatch", { body: `${published.body} ` }],
  ["at another path", "bad-signature", { url: "https://jakarta.example/federation/query" }],
  ["with a slash behind its path", "bad-signature", { url: `${vector.url}/` }],
  ["with a query", "has-query", { url: `${vector.url}?a=b` }],
  ["by another method", "bad-signature", { method: "PUT" }],
  ["from another realm", "unknown-peer", { headers: { "ranah-origin": "bandung" } }],
  ["without a signature", "no-signature", { headers: { signature: undefined, "signature-input": undefined } }],
  [
    "under another label",
    "bad-signature",
    { headers: { signature: published.headers.signature?.replace("ranah", "sig1") } },
  ],
  [
    "with two signatures of one label",
    "bad-signature",
    { headers: { signature: `${published.headers.signature}, ranah=:AAAA:` } },
  ],
  [
    "with parameters in another order",
    "bad-signature",
    { headers: { "signature-input": publishedInput.replace(/(;created=\d+)(;keyid="[^"]+")/, "$2$1") } },
  ],
  [
    "with an unknown key",
    "unknown-key",
    { headers: { "signature-input": publishedInput.replace(publicKey.kid, "lain") } },
  ],
  [
    "without the time of its making",
    "bad-signature",
    { headers: { "signature-input": publishedInput.replace(/;created=\d+/, "") } },
  ],
];
test.for(rejections)("the published request is rejected %s", async ([, reason, change]) => {
  expect(await verified(change)).toEqual({ kind: "rejected", reason });
});

/** Inputs that are rejected before anything is computed, though the signature may be right. */
const unexpectedInputs: [what: string, input: string][] = [
  ["with components in another order", publishedInput.replace('"@method" "@path"', '"@path" "@method"')],
  ["with a component too many", publishedInput.replace('"ranah-destination"', '"ranah-destination" "@authority"')],
  ["with a component twice", publishedInput.replace('"@method"', '"@method" "@method"')],
  ["with a component too few", publishedInput.replace(' "ranah-destination"', "")],
  ["with two spaces between components", publishedInput.replace(" ", "  ")],
  ["with another signature before ours", `sig1=("@method");created=1, ${publishedInput}`],
  ["with a component of many parameters", publishedInput.replace('"@method"', '"@method";req')],
  ["with 1025 characters", publishedInput.padEnd(limits.signatureMaxChars + 1, ";a")],
];
test.for(unexpectedInputs)("a signature %s is rejected by its headers", ([, input]) => {
  const request = new Request(vector.url, {
    method: "POST",
    headers: { ...published.headers, "signature-input": input },
    body: published.body,
  });
  expect(precheckHeaders(request, jakarta)).toEqual({ kind: "rejected", reason: "bad-signature" });
  expect(request.bodyUsed).toBe(false);
});

test("a signature of 1025 characters is rejected by its headers, whatever its input", () => {
  const headers = { ...published.headers, signature: `ranah=:${"A".repeat(limits.signatureMaxChars)}:` };
  const request = new Request(vector.url, { method: "POST", headers, body: published.body });
  expect(precheckHeaders(request, jakarta)).toEqual({ kind: "rejected", reason: "bad-signature" });
});

test("another signature may follow ours", async () => {
  const headers = {
    "signature-input": `${publishedInput}, sig1=("@method");created=1;keyid="x"`,
    signature: `${published.headers.signature}, sig1=:AAAA:`,
  };
  expect(await verified({ headers })).toMatchObject({ kind: "verified", from: "surabaya" });
});

test("a signature with any flipped bit is rejected", async () => {
  const bytes = Buffer.from(published.headers.signature?.slice("ranah=:".length, -1) ?? "", "base64");
  expect(bytes).toHaveLength(64);
  for (let bit = 0; bit < 512; bit += 7) {
    const turned = Buffer.from(bytes);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const reply = await verified({ headers: { signature: `ranah=:${turned.toString("base64")}:` } });
    expect(reply).toEqual({ kind: "rejected", reason: "bad-signature" });
  }
});

test("requests that are exactly five minutes off are verified", async () => {
  const madeMs = Math.floor(nowMs / 1000) * 1000;
  for (const ms of [-300_000, 300_000])
    expect(await verified({ nowMs: madeMs + ms })).toMatchObject({ kind: "verified" });
});

test.for([
  [0, "verified"],
  [60, "verified"],
  [-1, "rejected"],
  [-200, "rejected"],
] as const)("a signature that expires %i s from now is %s", async ([seconds, kind]) => {
  const now = Math.floor(nowMs / 1000);
  const { headers } = signElsewhere({
    path: new URL(vector.url).pathname,
    body: published.body,
    from: surabaya,
    to: jakarta,
    keyId: publicKey.kid,
    key: createPrivateKey({ key: vector.privateKey, format: "jwk" }),
    created: now - 250,
    expires: now + seconds,
  });
  const expected = kind === "verified" ? { kind } : { kind, reason: "stale" };
  expect(await verified({ headers, nowMs: now * 1000 })).toMatchObject(expected);
});

test("each request has a nonce of its own", async () => {
  const key = await crypto.subtle.importKey("jwk", vector.privateKey, "Ed25519", false, ["sign"]);
  const inputs = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const signer = { id: publicKey.kid, key };
      const url = new URL(vector.url);
      const request = await signRequest({ url, body: "{}", from: surabaya, to: jakarta, signer, now: nowMs });
      return request.headers.get("signature-input");
    }),
  );
  expect(new Set(inputs).size).toBe(50);
});

test("the digest is the one of RFC 9530", async () => {
  // Appendix B.1 of that RFC: the JSON text with its line feed.
  const bytes = new TextEncoder().encode('{"hello": "world"}\n');
  expect(await contentDigestOf(bytes)).toBe("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
});

test("a key that cannot be looked up is no verdict on the signature", async () => {
  const findKey: FindKey = async () => ({ kind: "unavailable", problem: "timeout" });
  expect(await verified({ findKey })).toEqual({ kind: "key-unavailable" });
});

test("a bug in the lookup is thrown and is no bad signature", async () => {
  const bug = new TypeError("a bug");
  await expect(verified({ findKey: () => Promise.reject(bug) })).rejects.toBe(bug);
});

test("a published key that is none is rejected as an invalid key", async () => {
  const findKey: FindKey = async () => ({ kind: "found", key: { ...publicKey, x: "!".repeat(43) } });
  expect(await verified({ findKey })).toEqual({ kind: "rejected", reason: "invalid-key" });
});
