import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

const [malang, bandung] = [new FakePeer("malang"), new FakePeer("bandung")];
const peers = { malang: await malang.start(), bandung: await bandung.start() };
const peerRate = 10;
const server = useServer({ LOCAL_PEERS: "yes", PEER_RATE: peerRate, PEERS: JSON.stringify(peers) });
let budi: string;
beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
});
afterAll(() => {
  for (const peer of [malang, bandung]) peer.stop();
});

const ask = (peer: FakePeer, kind: string, group: string, more: object = {}) => {
  const body = { kind, group: `${group}@surabaya`, by: `rina@${peer.realm}`, ...more };
  return sendSigned(server.url, peer.signedRequest("/federation/query", JSON.stringify(body), "surabaya"));
};
/** Creates a group owned by budi and inserts 1,000 rows. @param rows completes the SQL from `n (id)` */
const fill = async (group: string, rows: string) => {
  await server.command(`creategroup ${group}`, { token: budi });
  await server.sql(group, `with recursive n (id) as (select 1 union all select id + 1 from n where id < 1000) ${rows}`);
  await server.evict(group);
};

/**
 * Sends 12 requests one by one. @returns how many were admitted, and how many a bucket that pays 21 tokens for each can have
 * admitted in that time: a slow machine fills the bucket meanwhile
 */
const admitted = async (send: () => Promise<{ status: number }>) => {
  const startedAt = performance.now();
  const replies = [];
  for (let n = 0; n < 12; n++) replies.push((await send()).status);
  const seconds = (performance.now() - startedAt) / 1000;
  return { count: replies.filter((status) => status === 200).length, most: 2 + (peerRate * seconds) / 21 };
};

test("repeated joins that fetch the whole history are rate-limited, and joins that fetch nothing are not", async () => {
  await fill(
    "riwayat",
    `insert into messages (log_id, id, sender, text, sent_at, received_at)
     select message_logs.id, n.id, 'budi@surabaya', 'halo', 0, 0 from n, message_logs where name = 'riwayat'`,
  );
  // 12 requests of one token each fit into the burst.
  expect((await admitted(() => ask(bandung, "join", "riwayat", { have: 1000 }))).count).toBe(12);
  const greedy = await admitted(() => ask(malang, "join", "riwayat", { have: 0 }));
  expect(greedy.count).toBeGreaterThan(0);
  expect(greedy.count).toBeLessThanOrEqual(greedy.most);
});

test("a member list costs as much as its length, and one peer cannot fill a group alone", async () => {
  const members = (realm: string, from: number) =>
    `insert into group_members (log_id, address, role, joined_at, destination, version)
     select message_logs.id, 'warga' || (n.id + ${from}) || '@${realm}', 'member', 0, '${realm}', 0 from n, message_logs where name = 'penuh'`;
  await fill("penuh", members("bandung", 0));
  await fill("penuh", members("bandung", 1000));
  expect(limits.membersPerPeer).toBe(2000);
  const full = await ask(bandung, "join", "penuh", { have: 0 });
  expect(JSON.parse(full.text)).toEqual({ ok: false, error: "group-full" });
  const list = () => ask(malang, "members", "penuh");
  await expect.poll(async () => (await list()).status, { timeout: 10_000, interval: 200 }).toBe(200);
  const lists = await admitted(list);
  expect(lists.count).toBeLessThanOrEqual(lists.most);
});
