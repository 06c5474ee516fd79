import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { bring, FakePeer } from "../support/fake-peer.ts";
import { useServer } from "../support/realm.ts";

const [malang, bandung] = [new FakePeer("malang"), new FakePeer("bandung")];
const peers = { malang: await malang.start(), bandung: await bandung.start() };
const server = useServer({ LOCAL_PEERS: "yes", PEER_RATE: 10, PEERS: JSON.stringify(peers) });
let budi: string;
beforeAll(async () => {
  [budi = ""] = await server.crowd(["budi"]);
});
afterAll(() => {
  for (const peer of [malang, bandung]) peer.stop();
});

const ask = (peer: FakePeer, kind: string, group: string, more: object = {}) => {
  const body = { kind, group: `${group}@surabaya`, by: `rina@${peer.realm}`, ...more };
  return bring(server.url, peer.signed("/federation/query", JSON.stringify(body), "surabaya"));
};
/** A group of budi's with as many of something as a query gives. */
const fill = async (group: string, rows: string) => {
  await server.command(`creategroup ${group}`, { token: budi });
  await server.sql(group, `with recursive n (id) as (select 1 union all select id + 1 from n where id < 1000) ${rows}`);
  await server.evict(group);
};

test("Whoever asks for a whole history again and again waits; who asks for what they lack does not.", async () => {
  await fill(
    "riwayat",
    `insert into messages (log, id, sender, text, time, arrived)
     select logs.id, n.id, 'budi@surabaya', 'halo', 0, 0 from n, logs where name = 'riwayat'`,
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

test("A long list of members counts as what it is, and a realm elsewhere cannot fill a group alone.", async () => {
  const members = (realm: string, from: number) =>
    `insert into members (log, member, role, joined, destination)
     select logs.id, 'warga' || (n.id + ${from}) || '@${realm}', 'member', 0, '${realm}' from n, logs where name = 'penuh'`;
  await fill("penuh", members("bandung", 0));
  await fill("penuh", members("bandung", 1000));
  expect(limits.membersPerPeer).toBe(2000);
  const full = await ask(bandung, "join", "penuh", { have: 0 });
  expect(JSON.parse(full.text)).toEqual({ ok: false, error: "group-full" });
  const list = async () => (await ask(malang, "members", "penuh")).status;
  await expect.poll(list, { timeout: 10_000, interval: 200 }).toBe(200);
  expect(await list()).toBe(429);
});
