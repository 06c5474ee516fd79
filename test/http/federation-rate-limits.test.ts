import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

const [malang, bandung] = [new FakePeer("malang"), new FakePeer("bandung")];
const peers = { malang: await malang.start(), bandung: await bandung.start() };
const server = useServer({ LOCAL_PEERS: "yes", PEER_RATE: 10, PEERS: JSON.stringify(peers) });
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

test("repeated joins that fetch the whole history are rate-limited, and joins that fetch nothing are not", async () => {
  await fill(
    "riwayat",
    `insert into messages (log_id, id, sender, text, sent_at, received_at)
     select message_logs.id, n.id, 'budi@surabaya', 'halo', 0, 0 from n, message_logs where name = 'riwayat'`,
  );
  const joins = async (have: number) => {
    const peer = have === 0 ? malang : bandung;
    const replies = [];
    for (let n = 0; n < 4; n++) replies.push((await ask(peer, "join", "riwayat", { have })).status);
    return replies;
  };
  expect(await joins(1000)).toEqual([200, 200, 200, 200]);
  const greedy = await joins(0);
  expect([greedy[0], greedy.at(-1)]).toEqual([200, 429]);
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
  const list = async () => (await ask(malang, "members", "penuh")).status;
  await expect.poll(list, { timeout: 10_000, interval: 200 }).toBe(200);
  expect(await list()).toBe(429);
});
