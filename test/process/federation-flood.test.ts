import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { errorBody } from "../support/command.ts";
import { Deployment } from "../support/deployments.ts";
import { bring, FakePeer } from "../support/fake-peer.ts";

const path = "/federation/deliver";
const malang = new FakePeer("malang");
const bandung = new FakePeer("bandung");
const peers = [malang, bandung];
await Promise.all(peers.map((peer) => peer.start()));
/** One message a second, two at once. */
const surabaya = new Deployment("surabaya", {
  PEER_RATE: 1,
  PEERS: JSON.stringify(Object.fromEntries(peers.map((peer) => [peer.realm, peer.origin]))),
});
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  await server.start();
  budi = await surabaya.person("budi");
});
afterAll(() => {
  for (const peer of peers) peer.stop();
  return server.dispose();
});

test("A peer that floods is told how long to stay away, is let in then, and hinders no other peer.", async () => {
  const batch = (peer: FakePeer, size: number) =>
    bring(
      server.url,
      peer.delivery(
        "surabaya",
        Array.from({ length: size }, (_, n) => ({ text: `banjir ${n}` })),
      ),
    );
  expect((await batch(malang, 2)).status).toBe(200);
  const refused = await batch(malang, 2);
  const at = Date.now();
  expect([refused.status, refused.headers["error-code"]]).toEqual([429, "slow-down"]);
  const seconds = Number(refused.headers["retry-after"]);
  expect([1, 2]).toContain(seconds);
  expect(refused.text).toBe(errorBody(`Terlalu cepat; coba lagi ${seconds} detik lagi`));
  expect((await batch(bandung, 2)).status).toBe(200);
  expect(await surabaya.texts(budi)).toHaveLength(4);

  await expect.poll(async () => (await batch(malang, 2)).status, { interval: 100, timeout: 10_000 }).toBe(200);
  expect(Date.now() - at).toBeGreaterThan(500);
  expect(await surabaya.texts(budi)).toHaveLength(6);
  await expect.poll(() => server.log).toContain("slow-down");
  expect(server.log).not.toContain("banjir");
});

test.concurrent("A link that is told to stay away for 3 s does so, and then brings what waits.", async () => {
  const { first, second } = await afterTooMany(malang, async () => {});
  expect(second - first).toBeGreaterThanOrEqual(3_000);
  expect(second - first).toBeLessThan(6_000);
});

test.concurrent("A link that is told to stay away does so even while the peer speaks to it.", async () => {
  const { first, second } = await afterTooMany(bandung, async () => {
    expect((await bring(server.url, bandung.delivery("surabaya", [{ text: "halo" }]))).status).toBe(200);
  });
  expect(second - first).toBeGreaterThanOrEqual(3_000);
});

/** Answers the first delivery with 429. @returns when it came, and when the next one did */
async function afterTooMany(
  peer: FakePeer,
  meanwhile: () => Promise<void>,
): Promise<{ first: number; second: number }> {
  peer.answers.set(path, (_, response) => {
    peer.answers.delete(path);
    response.writeHead(429, { "retry-after": "3" }).end("{}");
  });
  const reply = await server.command(`sendprivate ani@${peer.realm} pelan`, { token: budi });
  expect(reply.headers["delivery-state"]).toBe("queued");
  await meanwhile();
  await vi.waitFor(() => expect(peer.count(path)).toBe(2), { timeout: 15_000 });
  const [first = 0, second = 0] = peer.heard.filter((heard) => heard.path === path).map(({ at }) => at);
  const status = () => surabaya.status(budi, Number(reply.headers["message-id"]));
  await vi.waitFor(async () => expect(await status()).toMatchObject({ state: "delivered" }));
  return { first, second };
}
