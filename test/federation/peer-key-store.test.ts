import { expect, test, vi } from "vitest";
import { Directory } from "../../src/federation/peer-key-store.ts";
import type { Federation } from "../../src/federation/peer-policy.ts";
import { limits } from "../../src/limits.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const malang = "malang" as RealmName;
const bandung = "bandung.example" as RealmName;

// What is not read is said in the log, and these tests make much of it.
vi.spyOn(console, "warn").mockImplementation(() => {});

/** A directory over a network where every realm is there and publishes `keys`. */
function setUp(federation: Federation["federation"] = "peers") {
  const { sql, transaction } = memoryDatabase();
  migrate(sql);
  const world = { now: 1_000_000_000, keys: ["satu"], asked: [] as string[], isDown: false };
  const answer = async (request: Request) => {
    const { host } = new URL(request.url);
    world.asked.push(host);
    if (world.isDown) throw new Error("down");
    const realm = host === "malang.example" ? "malang" : host;
    return Response.json({
      realm,
      version: 1,
      time: "2026-11-23T10:00:00.000Z",
      endpoints: { deliver: "/federation/deliver", query: "/federation/query", echo: "/federation/echo" },
      keys: world.keys.map((kid) => ({ kty: "OKP", crv: "Ed25519", kid, x: "A".repeat(43) })),
    });
  };
  const directory = new Directory(
    sql,
    async (work) => transaction(work),
    () => world.now,
    { federation, peers: new Map([[malang, new URL("https://malang.example")]]), localPeers: false },
    { fetch: answer as typeof fetch, localPeers: false },
  );
  return { directory, world, rows: () => sql.exec<{ realm: string }>("select realm from peers").toArray() };
}

test("A key is asked for once, by however many at a time, and then known for a day.", async () => {
  const { directory, world } = setUp();
  const found = await Promise.all(Array.from({ length: 50 }, () => directory.find(malang, "satu")));
  for (const key of found) expect(key).toMatchObject({ kid: "satu" });
  world.now += limits.peerKeysFreshMs - 1;
  expect(await directory.find(malang, "satu")).toMatchObject({ kid: "satu" });
  expect(world.asked).toEqual(["malang.example"]);
  world.now += 1;
  expect(await directory.find(malang, "satu")).toMatchObject({ kid: "satu" });
  expect(world.asked).toHaveLength(2);
});

test("An unknown key is asked for at most once a minute, and the known ones stay known.", async () => {
  const { directory, world } = setUp();
  await directory.find(malang, "satu");
  world.keys = ["dua", "satu"];
  world.now += limits.peerKeysAskMs - 1;
  for (let n = 0; n < 20; n++) expect(await directory.find(malang, "dua")).toBe("unknown-key");
  expect(world.asked).toHaveLength(1);
  expect(await directory.find(malang, "satu")).toMatchObject({ kid: "satu" });
  world.now += 1;
  expect(await directory.find(malang, "dua")).toMatchObject({ kid: "dua" });
  expect(world.asked).toHaveLength(2);
});

test("However many strangers are named, a realm that is known is asked for its keys when they are old.", async () => {
  const { directory, world } = setUp("open");
  expect(await directory.find(bandung, "satu")).toMatchObject({ kid: "satu" });
  world.now += limits.peerKeysFreshMs;
  for (let n = 0; n < 2 * limits.keyFetchesPerMinute; n++) {
    await directory.find(`asing${n}.example` as RealmName, "lain");
  }
  expect(await directory.find("asing.example" as RealmName, "satu")).toBe("unknown-key");
  // Nor do realms that were strangers yesterday and are asked about again and again.
  world.now += limits.peerKeysAskMs;
  for (let n = 0; n < 2 * limits.keyFetchesPerMinute; n++) {
    await directory.find(`asing${n}.example` as RealmName, "lain");
  }
  expect(await directory.find(bandung, "satu")).toMatchObject({ kid: "satu" });
});

test("A peer that does not answer is asked again after a minute, and not before.", async () => {
  const { directory, world } = setUp();
  world.isDown = true;
  for (let n = 0; n < 5; n++) expect(await directory.find(malang, "satu")).toBe("unknown-key");
  expect(world.asked).toHaveLength(1);
  world.isDown = false;
  world.now += limits.peerKeysAskMs;
  expect(await directory.find(malang, "satu")).toMatchObject({ kid: "satu" });
});

test("A peer that is down for a moment does not make its keys unknown.", async () => {
  const { directory, world } = setUp();
  await directory.find(malang, "satu");
  world.isDown = true;
  world.now += limits.peerKeysAskMs;
  expect(await directory.find(malang, "dua")).toBe("unknown-key");
  expect(await directory.find(malang, "satu")).toMatchObject({ kid: "satu" });
});

test("A realm that is no peer is not asked, and leaves no trace.", async () => {
  const { directory, world, rows } = setUp();
  expect(await directory.find(bandung, "satu")).toBe("unknown-peer");
  expect([world.asked, rows()]).toEqual([[], []]);
});

test("In an open federation strangers make us ask so many realms a minute, and leave no trace a day later.", async () => {
  const { directory, world, rows } = setUp("open");
  const name = (n: number) => directory.find(`r${n}.example` as RealmName, "lain");
  for (let n = 0; n < 500; n++) await name(n);
  expect(world.asked).toHaveLength(limits.keyFetchesPerMinute);
  world.isDown = true;
  world.now += 60_000;
  for (let n = 1_000; n < 1_500; n++) await name(n);
  expect(world.asked).toHaveLength(2 * limits.keyFetchesPerMinute);
  const before = rows().length;
  world.now += 2 * limits.peerKeysFreshMs;
  await name(2_000);
  expect(rows().length).toBeLessThanOrEqual(before - limits.keyFetchesPerMinute + 1);
});

test("However many strangers are named, a configured peer can still be asked.", async () => {
  const { directory } = setUp("open");
  for (let n = 0; n < 500; n++) await directory.find(`r${n}.example` as RealmName, "lain");
  expect(await directory.find(malang, "satu")).toMatchObject({ kid: "satu" });
});
