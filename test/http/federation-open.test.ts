import { afterAll, beforeAll, expect, test } from "vitest";
import { bring, FakePeer } from "../support/fake-peer.ts";
import { useServer } from "../support/realm.ts";

const malang = new FakePeer("malang");
await malang.start();
const peers = { LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: malang.origin }) };
const server = useServer({ ...peers, FEDERATION: "open" });
let budi: string;

beforeAll(async () => {
  [budi = ""] = await server.crowd(["budi"]);
});
afterAll(() => malang.stop());

/** Names of realms by the grammar that no host can have, or none that may be asked. */
const names = ["1.2.3.256", "1.2.3.4.5", "a.0x", "10.0.0.1", "0x7f.1", "nas.local", "a.localhost"];

test.for(names)("The realm %s cannot be reached in an open federation, and breaks nothing.", async (realm) => {
  const peer = new FakePeer(realm);
  const visit = await bring(server.url, peer.delivery("surabaya", [{}]));
  expect([visit.status, visit.headers["error-code"]]).toEqual([403, "peer-refused"]);
  for (const line of [`sendprivate ani@${realm} halo`, `sendgroup tim@${realm} halo`, `inboxgroup tim@${realm}`]) {
    const reply = await server.command(line, { token: budi });
    expect([reply.status, reply.headers["error-code"]]).toEqual([404, "no-such-realm"]);
  }
});

test("With federation off nobody comes in and nothing leaves, not even to a configured peer.", async () => {
  await server.restart({ ...peers, FEDERATION: "off" });
  const reply = await bring(server.url, malang.delivery("surabaya", [{ text: "halo" }]));
  expect([reply.status, reply.headers["error-code"]]).toEqual([403, "peer-refused"]);
  const sent = await server.command("sendprivate ani@malang halo", { token: budi });
  expect([sent.status, sent.headers["error-code"]]).toEqual([404, "no-such-realm"]);
  expect((await server.command("inbox", { token: budi })).json.data).toEqual([]);
  expect(malang.heard).toEqual([]);
});
