import { afterAll, beforeAll, expect, test } from "vitest";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const stranger = new FakePeer("malang.example");
const PEERS = JSON.stringify({ malang: await malang.start() });
const server = useServer({ LOCAL_PEERS: "yes", PEERS, FEDERATION: "open", STRANGE_REALM_DAILY_MB: 1 });
let budi: string;
beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
  // No host on this machine answers for malang.example: its key is there already. One of the names is in shard 0.
  const keys = JSON.stringify(stranger.wellKnown().keys);
  const row = `'${stranger.realm}', '${keys}', ${Date.now() - 1}, 0`;
  await fetch(`${server.url}/healthz`);
  for (let n = 0; n < 30; n++) await server.sql(`n${n}`, `insert or ignore into peer_keys values (${row})`);
});
afterAll(() => malang.stop());

const text = "x".repeat(50_000);
/** Sends 30 messages of 50,000 characters, one after the other. @returns the statuses, and the last reply */
const fill = async (peer: FakePeer) => {
  const replies = [];
  for (let n = 0; n < 30; n++) replies.push(await sendSigned(server.url, peer.signedDelivery("surabaya", [{ text }])));
  return { statuses: replies.map(({ status }) => status), last: replies.at(-1) };
};
const stored = async (realm: string) => {
  const { json } = await server.command("inbox last=1000", { token: budi });
  return (json.data as { from: string }[]).filter(({ from }) => from.endsWith(`@${realm}`)).length;
};

test("a strange realm stores no more than its day's bytes, and hears when there is room; a configured one is not limited", async () => {
  const { statuses, last } = await fill(stranger);
  expect(statuses.slice(0, 20)).toEqual(Array(20).fill(200));
  expect(statuses.slice(20)).toEqual(Array(10).fill(429));
  expect(last?.headers["error-code"]).toBe("slow-down");
  const seconds = Number(last?.headers["retry-after"]);
  expect(seconds).toBeGreaterThan(60);
  expect(seconds).toBeLessThan(86_400);
  expect(await stored(stranger.realm)).toBe(20);

  const { statuses: ofMalang } = await fill(malang);
  expect(ofMalang).toEqual(Array(30).fill(200));
});
