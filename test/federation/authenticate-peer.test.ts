import { generateKeyPairSync, randomUUID } from "node:crypto";
import { beforeEach, expect, test, vi } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { authenticatePeer, rejectAdmission } from "../../src/federation/authenticate-peer.ts";
import { limits } from "../../src/limits.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import { failure } from "../../src/protocol/replies.ts";
import type { RealmContext } from "../../src/shard-api/realm-context.ts";
import type { PeerKeyLookup, ShardApi } from "../../src/shard-api/shard-api.ts";
import { signRequest } from "../support/signing.ts";

const surabaya = "surabaya" as RealmName;
const malang = "malang" as RealmName;
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const key = { kty: "OKP", crv: "Ed25519", kid: "1", x: String(publicKey.export({ format: "jwk" }).x) } as const;

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
const error = vi.spyOn(console, "error").mockImplementation(() => {});
beforeEach(() => {
  warn.mockClear();
  error.mockClear();
});

/** A realm with one peer, whose shard 0 answers a key lookup. */
function realmWith(findPeerKey: () => Promise<PeerKeyLookup>): RealmContext {
  const peers = new Map([[malang, new URL("https://malang.example")]]);
  const config: Partial<Config> = { federation: "peers", peers, localPeers: false, shards: 1 };
  return {
    realm: surabaya,
    config: config as Config,
    shards: {
      get: () => ({ findPeerKey }) as Partial<ShardApi> as ShardApi,
      describeFailure: () => ({ isThrownByShard: true, isOverloaded: false, isRetryable: false }),
    },
  };
}

/** A request of the peer. Each test has a key id of its own, since found keys are cached. */
function requestOf(keyId: string, from: string = malang): Request {
  const { headers, path, body } = signRequest({
    path: "/federation/echo",
    body: "{}",
    from,
    to: surabaya,
    keyId,
    key: privateKey,
  });
  return new Request(`https://surabaya.example${path}`, { method: "POST", headers, body });
}

const authenticate = (request: Request, context: RealmContext, maxBytes = 100) =>
  authenticatePeer(request, { maxBytes, client: null, context });

const unavailable = failure("unavailable", { seconds: 5 }, 5);

test("a request whose key is found is authenticated, and the key is cached", async () => {
  const kid = randomUUID();
  const findPeerKey = vi.fn(async () => ({ kind: "found", key: { ...key, kid } }) as const);
  const context = realmWith(findPeerKey);
  for (let n = 0; n < 3; n++) {
    const result = await authenticate(requestOf(kid), context);
    expect(result).toMatchObject({
      peer: { from: malang, nonce: expect.any(String), isAdmitted: false },
      body: { bytes: new TextEncoder().encode("{}") },
    });
  }
  expect(findPeerKey).toHaveBeenCalledTimes(1);
});

test("a key that is unavailable is answered 503, logged with its problem, and looked up again", async () => {
  const kid = randomUUID();
  const findPeerKey = vi.fn(async () => ({ kind: "unavailable", problem: "dns-failed" }) as const);
  for (let n = 0; n < 2; n++) expect(await authenticate(requestOf(kid), realmWith(findPeerKey))).toEqual(unavailable);
  expect(findPeerKey).toHaveBeenCalledTimes(2);
  expect(warn.mock.calls.flat()).toEqual(
    Array(2).fill({ event: "peer-key-lookup-failed", realm: surabaya, from: malang, problem: "dns-failed" }),
  );
  expect(error).not.toHaveBeenCalled();
});

test("a lookup that throws is answered 503 and logged with its stack", async () => {
  const findPeerKey = () => Promise.reject(new TypeError("a bug"));
  expect(await authenticate(requestOf(randomUUID()), realmWith(findPeerKey))).toEqual(unavailable);
  expect(error.mock.calls).toEqual([
    [{ event: "peer-key-lookup-failed", realm: surabaya, from: malang, error: expect.stringMatching(/a bug\n +at /) }],
  ]);
  expect(warn).not.toHaveBeenCalled();
});

test("an unknown key is a rejected signature", async () => {
  const context = realmWith(async () => ({ kind: "unknown-key" }));
  expect(await authenticate(requestOf(randomUUID()), context)).toEqual(failure("signature-refused"));
  expect(warn.mock.calls).toEqual([
    [{ event: "peer-signature-rejected", realm: surabaya, from: malang, reason: "unknown-key" }],
  ]);
});

test("a realm that is no peer is refused before its body is read or its key is looked up", async () => {
  const findPeerKey = vi.fn(async () => ({ kind: "unknown-key" }) as const);
  const request = requestOf(randomUUID(), "bandung");
  expect(await authenticate(request, realmWith(findPeerKey))).toEqual(failure("peer-refused"));
  expect([request.bodyUsed, findPeerKey.mock.calls]).toEqual([false, []]);
});

test("a body that is declared to be above the limit is refused before its key is looked up", async () => {
  const findPeerKey = vi.fn(async () => ({ kind: "unknown-key" }) as const);
  const request = requestOf(randomUUID());
  request.headers.set("content-length", "101");
  expect(await authenticate(request, realmWith(findPeerKey))).toEqual(failure("body-too-large", { bytes: 100 }));
  expect(findPeerKey).not.toHaveBeenCalled();
});

test("each refusal of shard 0 has its answer and its reason in the log", () => {
  const peer = { from: malang, nonce: "n", bytes: 2, isAdmitted: false };
  const closed = failure("misconfigured", {}, limits.operatorRetrySeconds);
  expect(rejectAdmission({ kind: "rate-limited", seconds: 7 }, peer, surabaya)).toEqual(
    failure("slow-down", { seconds: 7 }, 7),
  );
  expect(rejectAdmission({ kind: "replayed" }, peer, surabaya)).toEqual(failure("signature-refused"));
  expect(rejectAdmission({ kind: "not-serving", failure: closed }, peer, surabaya)).toEqual(closed);
  expect(warn.mock.calls.flat()).toEqual(
    ["rate-limited", "replayed", "not-serving"].map((reason) => ({
      event: "peer-admission-rejected",
      realm: surabaya,
      from: malang,
      reason,
    })),
  );
});
