import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const peers = JSON.stringify({ malang: await malang.start() });
// Without a rate: what a body costs is measured here, and not how many a peer may send.
const server = useServer({ LOCAL_PEERS: "yes", PEERS: peers, PEER_RATE: 1_000_000 });
beforeAll(async () => {
  await server.seedAccounts(["budi"]);
});
afterAll(() => malang.stop());

const deliver = (body: string) => sendSigned(server.url, malang.signedRequest("/federation/deliver", body, "surabaya"));
const size = limits.deliveryMaxBytes - 100;
/** A body of 2 MiB with one message, whose text is too long: what an honest peer's largest body costs. */
const oneMessage = () => malang.signedDelivery("surabaya", [{ text: "x".repeat(size - 300) }]).body;
const filled = (item: string, end = "") =>
  `{"messages":[${`${item},`.repeat(Math.floor((size - item.length) / (item.length + 1)))}${item}]${end}}`;

const hostile: [what: string, status: number, body: () => string][] = [
  ["a million numbers", 400, () => filled("1")],
  ["700,000 objects", 400, () => filled("{}")],
  ["a million empty arrays", 400, () => filled("[]")],
  ["100,000 messages", 400, () => filled('{"kind":"private"}')],
  ["two million open brackets", 400, () => "[".repeat(size)],
  ["200,000 further members", 400, () => `{"messages":[]${',"a":1'.repeat(size / 6)}}`],
  ["one message with a million values", 400, () => `{"messages":[{"kind":[${"0,".repeat(size / 2)}0]}]}`],
];

test("no body of a peer costs much more than an honest one of the same size", async () => {
  const bodies = [{ what: "honest", status: 200, body: oneMessage() }].concat(
    hostile.map(([what, status, body]) => ({ what, status, body: body() })),
  );
  const timed = bodies.map((each) => ({ ...each, fastest: Number.POSITIVE_INFINITY }));
  // The bodies take turns and the fastest run of each counts, which excludes other load of the machine.
  for (let round = 0; round < 4; round++) {
    for (const each of timed) {
      const before = performance.now();
      expect([each.what, (await deliver(each.body)).status]).toEqual([each.what, each.status]);
      each.fastest = Math.min(each.fastest, performance.now() - before);
    }
  }
  const [honest, ...others] = timed;
  for (const { what, fastest } of others) expect(fastest, what).toBeLessThan(3 * (honest?.fastest ?? 0));
});

test("a batch of 51 is too large whatever its items are, and one of 50 wrong items is malformed", async () => {
  const batch = (count: number) => deliver(JSON.stringify({ messages: Array(count).fill(1) }));
  expect((await batch(limits.deliveryBatchMax + 1)).headers["error-code"]).toBe("batch-too-large");
  expect((await batch(limits.deliveryBatchMax)).headers["error-code"]).toBe("bad-federation-request");
});
