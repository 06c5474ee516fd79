import { afterAll, beforeAll, expect, test } from "vitest";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
await malang.start();
const peers = { LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: malang.origin }) };
const server = useServer({ ...peers, FEDERATION: "open" });
let budi: string;

beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
});
afterAll(() => malang.stop());

/** Valid realm names that are no host names, or that are hosts to which requests are not allowed. */
const names = ["1.2.3.256", "1.2.3.4.5", "a.0x", "10.0.0.1", "0x7f.1", "nas.local", "a.localhost"];

test.for(names)("an open federation rejects the realm %s in both directions", async (realm) => {
  const peer = new FakePeer(realm);
  const rejected = await sendSigned(server.url, peer.signedDelivery("surabaya", [{}]));
  expect([rejected.status, rejected.headers["error-code"]]).toEqual([403, "peer-refused"]);
  for (const line of [`sendprivate ani@${realm} halo`, `sendgroup tim@${realm} halo`, `inboxgroup tim@${realm}`]) {
    const reply = await server.command(line, { token: budi });
    expect([reply.status, reply.headers["error-code"]]).toEqual([404, "no-such-realm"]);
  }
});

test("with federation off no peer is accepted and nothing is sent, even to a configured peer", async () => {
  await server.restart({ ...peers, FEDERATION: "off" });
  const reply = await sendSigned(server.url, malang.signedDelivery("surabaya", [{ text: "halo" }]));
  expect([reply.status, reply.headers["error-code"]]).toEqual([403, "peer-refused"]);
  const sent = await server.command("sendprivate ani@malang halo", { token: budi });
  expect([sent.status, sent.headers["error-code"]]).toEqual([404, "no-such-realm"]);
  expect((await server.command("inbox", { token: budi })).json.data).toEqual([]);
  expect(malang.requests).toEqual([]);
});
