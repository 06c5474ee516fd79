import { createPublicKey, verify as nodeVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { digestOf, type FindKey, glance, signedRequest, verify } from "../../src/federation/http-signature.ts";
import { limits } from "../../src/limits.ts";
import { parseDelivery } from "../../src/protocol/federation-wire.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import { allComponents, isSigned, type SignedRequest, signatureBase } from "../support/signing.ts";

/** A request that every implementation makes and believes, byte for byte. */
const vector: {
  url: string;
  now: string;
  privateKey: JsonWebKey;
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
const findKey: FindKey = async (realm, id) =>
  realm === surabaya && id === publicKey.kid ? publicKey : realm === surabaya ? "unknown-key" : "unknown-peer";

/** The published request, with something about it changed. */
interface Change {
  url?: string;
  method?: string;
  headers?: Record<string, string | undefined>;
  body?: string;
  here?: RealmName;
  nowMs?: number;
}
async function believed(change: Change = {}) {
  const headers = new Headers();
  for (const [name, value] of Object.entries({ ...published.headers, ...change.headers })) {
    if (value !== undefined) headers.set(name, value);
  }
  const request = new Request(change.url ?? vector.url, {
    method: change.method ?? "POST",
    headers,
    body: published.body,
  });
  const bytes = change.body === undefined ? bodyBytes : new TextEncoder().encode(change.body);
  const seen = glance(request, change.here ?? jakarta);
  if (!seen.ok) return seen;
  const result = await verify(request, bytes, seen.from, findKey, change.nowMs ?? nowMs);
  return result.ok ? { ...result, from: seen.from } : result;
}
const publishedInput = published.headers["signature-input"] ?? "";

test("The published request is what this realm would send, byte for byte.", async () => {
  const key = await crypto.subtle.importKey("jwk", vector.privateKey, "Ed25519", false, ["sign"]);
  const signer = { id: publicKey.kid, key };
  const request = await signedRequest(new URL(vector.url), published.body, surabaya, jakarta, signer, nowMs, nonce);
  expect(request.method).toBe(published.method);
  expect(request.url).toBe(vector.url);
  expect(Object.fromEntries(request.headers)).toEqual(published.headers);
  expect(new Uint8Array(await request.arrayBuffer())).toEqual(bodyBytes);
  expect(parseDelivery(bodyBytes)?.messages).toHaveLength(1);
});

test("The published request verifies with nothing but Ed25519 and the published lines.", () => {
  const key = createPublicKey({ key: publicKey, format: "jwk" });
  const signature = /^ranah=:(.+):$/.exec(published.headers.signature ?? "")?.[1] ?? "";
  expect(nodeVerify(null, Buffer.from(vector.signatureBase), key, Buffer.from(signature, "base64"))).toBe(true);
  const input = publishedInput.replace(/^ranah=/, "") ?? "";
  expect(signatureBase(published, allComponents, input)).toBe(vector.signatureBase);
  expect(isSigned(published, key)).toBe(true);
  expect(isSigned({ ...published, path: "/federation/query" }, key)).toBe(false);
});

test("The published request is believed where it is meant for, and names its sender.", async () => {
  expect(await believed()).toEqual({ ok: true, from: "surabaya", nonce });
});

const doubts: [what: string, doubt: string, change: Change][] = [
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
    "with a key that nobody has",
    "unknown-key",
    { headers: { "signature-input": publishedInput.replace(publicKey.kid, "lain") } },
  ],
  [
    "without the time of its making",
    "bad-signature",
    { headers: { "signature-input": publishedInput.replace(/;created=\d+/, "") } },
  ],
];
test.for(doubts)("The published request is not believed %s.", async ([, doubt, change]) => {
  expect(await believed(change)).toEqual({ ok: false, doubt });
});

/** Ways to begin that are not ours: what is signed may be right, but nobody has to compute it. */
const beginnings: [what: string, input: string][] = [
  ["with components in another order", publishedInput.replace('"@method" "@path"', '"@path" "@method"')],
  ["with a component too many", publishedInput.replace('"ranah-destination"', '"ranah-destination" "@authority"')],
  ["with a component twice", publishedInput.replace('"@method"', '"@method" "@method"')],
  ["with a component too few", publishedInput.replace(' "ranah-destination"', "")],
  ["with two spaces between components", publishedInput.replace(" ", "  ")],
  ["with another signature before ours", `sig1=("@method");created=1, ${publishedInput}`],
  ["with a component of many parameters", publishedInput.replace('"@method"', '"@method";req')],
  ["with 1025 characters", publishedInput.padEnd(limits.signatureMaxChars + 1, ";a")],
];
test.for(beginnings)("A signature %s is refused at a glance.", ([, input]) => {
  const request = new Request(vector.url, {
    method: "POST",
    headers: { ...published.headers, "signature-input": input },
    body: published.body,
  });
  expect(glance(request, jakarta)).toEqual({ ok: false, doubt: "bad-signature" });
  expect(request.bodyUsed).toBe(false);
});

test("A signature of 1025 characters is refused at a glance, whatever its input says.", () => {
  const headers = { ...published.headers, signature: `ranah=:${"A".repeat(limits.signatureMaxChars)}:` };
  const request = new Request(vector.url, { method: "POST", headers, body: published.body });
  expect(glance(request, jakarta)).toEqual({ ok: false, doubt: "bad-signature" });
});

test("Another signature may stand behind ours.", async () => {
  const headers = {
    "signature-input": `${publishedInput}, sig1=("@method");created=1;keyid="x"`,
    signature: `${published.headers.signature}, sig1=:AAAA:`,
  };
  expect(await believed({ headers })).toMatchObject({ ok: true, from: "surabaya" });
});

test("Any bit of the signature that is turned makes it worthless.", async () => {
  const bytes = Buffer.from(published.headers.signature?.slice("ranah=:".length, -1) ?? "", "base64");
  expect(bytes).toHaveLength(64);
  for (let bit = 0; bit < 512; bit += 7) {
    const turned = Buffer.from(bytes);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const reply = await believed({ headers: { signature: `ranah=:${turned.toString("base64")}:` } });
    expect(reply).toEqual({ ok: false, doubt: "bad-signature" });
  }
});

test("The edges of five minutes are believed.", async () => {
  const madeMs = Math.floor(nowMs / 1000) * 1000;
  for (const ms of [-300_000, 300_000]) expect(await believed({ nowMs: madeMs + ms })).toMatchObject({ ok: true });
});

test("No two requests have one nonce.", async () => {
  const key = await crypto.subtle.importKey("jwk", vector.privateKey, "Ed25519", false, ["sign"]);
  const inputs = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const signer = { id: publicKey.kid, key };
      const request = await signedRequest(new URL(vector.url), "{}", surabaya, jakarta, signer, nowMs);
      return request.headers.get("signature-input");
    }),
  );
  expect(new Set(inputs).size).toBe(50);
});

test("The digest is the one of RFC 9530.", async () => {
  // Appendix B.1 of that RFC: the JSON text with its line feed.
  const bytes = new TextEncoder().encode('{"hello": "world"}\n');
  expect(await digestOf(bytes)).toBe("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
});
