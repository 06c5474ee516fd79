import { beforeAll, expect, test, vi } from "vitest";
import { errorBody } from "../support/command.ts";
import { useDeploymentWithPeers } from "../support/deployments.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";

const path = "/federation/deliver";
const malang = new FakePeer("malang");
const bandung = new FakePeer("bandung");
const peers = [malang, bandung];
await Promise.all(peers.map((peer) => peer.start()));
/** One message per second, with a burst of two. */
const surabaya = useDeploymentWithPeers(peers, { PEER_RATE: 1 });
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  budi = await surabaya.signUp("budi");
});

test("a peer above its rate gets 429 with Retry-After, is accepted afterwards, and does not affect other peers", async () => {
  const batch = (peer: FakePeer, size: number) =>
    sendSigned(
      server.url,
      peer.signedDelivery(
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
  expect(await surabaya.messageTexts(budi)).toHaveLength(4);

  await expect.poll(async () => (await batch(malang, 2)).status, { interval: 100, timeout: 10_000 }).toBe(200);
  expect(Date.now() - at).toBeGreaterThan(500);
  expect(await surabaya.messageTexts(budi)).toHaveLength(6);
  await expect.poll(() => server.log).toContain("rate-limited");
  expect(server.log).not.toContain("banjir");
});

test.concurrent("a delivery queue waits for the Retry-After of 3 s and then delivers its message", async () => {
  const { first, second } = await deliverAfter429(malang, async () => {});
  expect(second - first).toBeGreaterThanOrEqual(3_000);
  expect(second - first).toBeLessThan(6_000);
});

test.concurrent("a delivery queue waits for Retry-After even if the peer sends a request meanwhile", async () => {
  const { first, second } = await deliverAfter429(bandung, async () => {
    expect((await sendSigned(server.url, bandung.signedDelivery("surabaya", [{ text: "halo" }]))).status).toBe(200);
  });
  expect(second - first).toBeGreaterThanOrEqual(3_000);
});

/** Answers the first delivery with 429. @returns the times of the first and the second delivery */
async function deliverAfter429(
  peer: FakePeer,
  meanwhile: () => Promise<void>,
): Promise<{ first: number; second: number }> {
  peer.handlers.set(path, (_, response) => {
    peer.handlers.delete(path);
    response.writeHead(429, { "retry-after": "3" }).end("{}");
  });
  const reply = await server.command(`sendprivate ani@${peer.realm} pelan`, { token: budi });
  expect(reply.headers["delivery-state"]).toBe("queued");
  await meanwhile();
  await vi.waitFor(() => expect(peer.requestCount(path)).toBe(2), { timeout: 15_000 });
  const [first = 0, second = 0] = peer.requests.filter((request) => request.path === path).map(({ at }) => at);
  const status = () => surabaya.sentStatus(budi, Number(reply.headers["message-id"]));
  await vi.waitFor(async () => expect(await status()).toMatchObject({ state: "delivered" }));
  return { first, second };
}
