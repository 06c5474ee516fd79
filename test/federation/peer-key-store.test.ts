import { expect, test, vi } from "vitest";
import type { FederationPolicy } from "../../src/config/federation-policy.ts";
import { Discovery } from "../../src/federation/discovery.ts";
import { PeerKeyStore } from "../../src/federation/peer-key-store.ts";
import { limits } from "../../src/limits.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const malang = "malang" as RealmName;
const bandung = "bandung.example" as RealmName;

const found = (kid: string) => ({ kind: "found", key: { kty: "OKP", crv: "Ed25519", kid, x: "A".repeat(43) } });
const unknownKey = { kind: "unknown-key" };
const rateLimited = { kind: "unavailable", problem: "key-fetch-rate-limited" };

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});

/** A key store in a network where every realm answers and publishes `keys`. */
function setUp(federation: FederationPolicy["federation"] = "peers") {
  const { database, unitOfWork } = migratedDatabase();
  const network = { now: 1_000_000_000, keys: ["satu"], asked: [] as string[], isDown: false };
  const answer = async (request: Request) => {
    const { host } = new URL(request.url);
    network.asked.push(host);
    if (network.isDown) throw new Error("Network connection lost.");
    const realm = host === "malang.example" ? "malang" : host;
    return Response.json({
      realm,
      version: 1,
      time: "2026-11-23T10:00:00.000Z",
      endpoints: { deliver: "/federation/deliver", query: "/federation/query", echo: "/federation/echo" },
      keys: network.keys.map((kid) => ({ kty: "OKP", crv: "Ed25519", kid, x: "A".repeat(43) })),
    });
  };
  const policy = { federation, peers: new Map([[malang, new URL("https://malang.example")]]), localPeers: false };
  const outbound = { fetch: answer as typeof fetch, localPeers: false, timer: () => () => {} };
  const discovery = new Discovery({ policy, outbound });
  const store = new PeerKeyStore({ database, unitOfWork, discovery, policy, clock: () => network.now });
  return { store, network, unitOfWork, rows: () => database.all<{ realm: string }>("select realm from peer_keys") };
}

// First: the other tests use up the lines of this kind that are logged in a minute.
test("a failed fetch is logged with its problem", async () => {
  const { store, network } = setUp();
  network.isDown = true;
  warn.mockClear();
  await store.find(malang, "satu", null);
  const problem = "connection-failed";
  expect(warn).toHaveBeenCalledWith({ event: "peer-keys-fetch-failed", peer: "malang", problem });
});

test("concurrent lookups share one fetch, and the key is then known for a day", async () => {
  const { store, network } = setUp();
  const lookups = await Promise.all(Array.from({ length: 50 }, () => store.find(malang, "satu", null)));
  for (const lookup of lookups) expect(lookup).toEqual(found("satu"));
  network.now += limits.peerKeysFreshMs - 1;
  expect(await store.find(malang, "satu", null)).toEqual(found("satu"));
  expect(network.asked).toEqual(["malang.example"]);
  network.now += 1;
  expect(await store.find(malang, "satu", null)).toEqual(found("satu"));
  expect(network.asked).toHaveLength(2);
});

test("an unknown key is fetched at most once a minute, and known keys stay known", async () => {
  const { store, network } = setUp();
  await store.find(malang, "satu", null);
  network.keys = ["dua", "satu"];
  network.now += limits.peerKeysFetchMinIntervalMs - 1;
  for (let n = 0; n < 20; n++) expect(await store.find(malang, "dua", null)).toEqual(unknownKey);
  expect(network.asked).toHaveLength(1);
  expect(await store.find(malang, "satu", null)).toEqual(found("satu"));
  network.now += 1;
  expect(await store.find(malang, "dua", null)).toEqual(found("dua"));
  expect(network.asked).toHaveLength(2);
});

test("a flood of unknown realms does not keep a known realm's old keys from being fetched", async () => {
  const { store, network } = setUp("open");
  expect(await store.find(bandung, "satu", null)).toEqual(found("satu"));
  network.now += limits.peerKeysFreshMs;
  for (let n = 0; n < 2 * limits.keyFetchesPerMinute; n++) {
    await store.find(`asing${n}.example` as RealmName, "lain", null);
  }
  expect(await store.find("asing.example" as RealmName, "satu", null)).toEqual(rateLimited);
  // Neither do realms that were unknown yesterday and are named again and again.
  network.now += limits.peerKeysFetchMinIntervalMs;
  for (let n = 0; n < 2 * limits.keyFetchesPerMinute; n++) {
    await store.find(`asing${n}.example` as RealmName, "lain", null);
  }
  expect(await store.find(bandung, "satu", null)).toEqual(found("satu"));
});

test("a peer that does not answer is asked again after a minute, and no earlier", async () => {
  const { store, network } = setUp();
  network.isDown = true;
  expect(await store.find(malang, "satu", null)).toEqual({ kind: "unavailable", problem: "connection-failed" });
  for (let n = 0; n < 5; n++) expect(await store.find(malang, "satu", null)).toEqual(rateLimited);
  expect(network.asked).toHaveLength(1);
  network.isDown = false;
  network.now += limits.peerKeysFetchMinIntervalMs;
  expect(await store.find(malang, "satu", null)).toEqual(found("satu"));
});

test("the keys of a peer that is down stay known, and its other keys are unavailable", async () => {
  const { store, network } = setUp();
  await store.find(malang, "satu", null);
  network.isDown = true;
  network.now += limits.peerKeysFetchMinIntervalMs;
  expect(await store.find(malang, "dua", null)).toEqual({ kind: "unavailable", problem: "connection-failed" });
  expect(await store.find(malang, "satu", null)).toEqual(found("satu"));
});

test("a realm that is no peer is not asked, and leaves no row", async () => {
  const { store, network, rows } = setUp();
  expect(await store.find(bandung, "satu", null)).toEqual({ kind: "unknown-peer" });
  expect([network.asked, rows()]).toEqual([[], []]);
});

test("in an open federation fetches for unknown realms have a rate, and their rows are gone a day later", async () => {
  const { store, network, rows } = setUp("open");
  const name = (n: number) => store.find(`r${n}.example` as RealmName, "lain", null);
  for (let n = 0; n < 500; n++) await name(n);
  expect(network.asked).toHaveLength(limits.keyFetchesPerMinute);
  network.isDown = true;
  network.now += 60_000;
  for (let n = 1_000; n < 1_500; n++) await name(n);
  expect(network.asked).toHaveLength(2 * limits.keyFetchesPerMinute);
  const before = rows().length;
  network.now += 2 * limits.peerKeysFreshMs;
  await name(2_000);
  expect(rows().length).toBeLessThanOrEqual(before - limits.keyFetchesPerMinute + 1);
});

test("a flood of unknown realms does not keep a configured peer from being asked", async () => {
  const { store } = setUp("open");
  for (let n = 0; n < 500; n++) await store.find(`r${n}.example` as RealmName, "lain", null);
  expect(await store.find(malang, "satu", null)).toEqual(found("satu"));
});

test("a client that names many realms keeps no other client's realm from being introduced", async () => {
  const { store, network } = setUp("open");
  for (let n = 0; n < 500; n++) await store.find(`r${n}.example` as RealmName, "lain", "192.0.2.1");
  expect(network.asked).toHaveLength(limits.keyFetchesPerClientPerMinute);
  expect(await store.find(bandung, "satu", "192.0.2.1")).toEqual(rateLimited);
  expect(await store.find(bandung, "satu", "192.0.2.2")).toEqual(found("satu"));
  // What it was refused costs the client nothing: it may name realms again at its rate.
  network.now += 60_000 / limits.keyFetchesPerClientPerMinute;
  expect(await store.find("garut.example" as RealmName, "satu", "192.0.2.1")).toEqual(found("satu"));
});

test("a client that names known realms with unknown keys keeps no other client's realm from changing its key", async () => {
  const { store, network } = setUp("open");
  const known = Array.from({ length: 100 }, (_, n) => `r${n}.example` as RealmName);
  for (const [n, realm] of [...known, bandung].entries()) {
    if (n % limits.keyFetchesPerMinute === 0) network.now += limits.peerKeysFetchMinIntervalMs;
    await store.find(realm, "satu", null);
  }
  network.now += limits.peerKeysFetchMinIntervalMs;
  network.keys = ["dua"];
  for (const realm of known) await store.find(realm, "lain", "192.0.2.1");
  expect(await store.find(bandung, "dua", "192.0.2.2")).toEqual(found("dua"));
});

test("many names in one domain keep no realm of another domain from being introduced", async () => {
  const { store, network } = setUp("open");
  for (let n = 0; n < 500; n++) await store.find(`r${n}.jahat.example` as RealmName, "lain", `192.0.2.${n}`);
  expect(network.asked).toHaveLength(limits.keyFetchesPerDomainPerMinute);
  expect(await store.find(bandung, "satu", "192.0.2.1")).toEqual(found("satu"));
});

test("a clock that steps back neither keeps old keys alive nor delays the next fetch", async () => {
  const { store, network } = setUp();
  await store.find(malang, "satu", null);
  network.now -= 60 * 60 * 1000;
  network.keys = ["dua"];
  expect(await store.find(malang, "satu", null)).toEqual(unknownKey);
  expect(await store.find(malang, "dua", null)).toEqual(found("dua"));
  expect(network.asked).toHaveLength(2);
});

test("stored keys of another form are a bug and are thrown", async () => {
  const { store, unitOfWork } = setUp();
  await store.find(malang, "satu", null);
  await unitOfWork.run((tx) => tx.write("update peer_keys set keys = '[{}]'"));
  await expect(store.find(malang, "satu", null)).rejects.toThrow();
});
