import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import type { SignedRequest } from "../support/signing.ts";
import { useServer } from "../support/test-server.ts";

const [malang, bandung, garut] = [new FakePeer("malang"), new FakePeer("bandung"), new FakePeer("garut")];
const peers = { malang: await malang.start(), bandung: await bandung.start(), garut: await garut.start() };
/** A batch of 50 passes when the burst of 10 is full, and leaves a debt that takes 10 s: longer than a slow machine needs. */
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify(peers), PEER_RATE: 5 });
let budi: string;
beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
});
afterAll(() => {
  for (const peer of [malang, bandung, garut]) peer.stop();
});

const send = async (request: SignedRequest) => (await sendSigned(server.url, request)).status;
const forged = (request: SignedRequest): SignedRequest => ({
  ...request,
  headers: { ...request.headers, signature: `ranah=:${"A".repeat(86)}==:` },
});
const inboxLength = async () => ((await server.command("inbox", { token: budi })).json.data as unknown[]).length;

test("forged requests in a peer's name, and replays of its own, never keep the peer out", async () => {
  const replayed = malang.signedDelivery("surabaya", [{}]);
  expect(await send(replayed)).toBe(200);
  const attempts = Array.from({ length: 300 }, (_, n) =>
    send(n % 2 === 0 ? replayed : forged(malang.signedDelivery("surabaya", [{}]))),
  );
  expect(new Set(await Promise.all(attempts))).toEqual(new Set([401]));
  expect(await send(malang.signedDelivery("surabaya", [{}]))).toBe(200);
});

test("a peer over its rate is refused before its signature is verified, until its Retry-After, and nobody else is", async () => {
  const batch = () => bandung.signedDelivery("surabaya", Array(limits.deliveryBatchMax).fill({}));
  expect(await send(batch())).toBe(200);
  const refused = await sendSigned(server.url, batch());
  expect([refused.status, refused.headers["error-code"]]).toEqual([429, "slow-down"]);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(5);

  // Within the pause a signature makes no difference.
  const attempt = () =>
    Promise.all([
      send(forged(bandung.signedDelivery("surabaya", [{}]))),
      send(bandung.signedDelivery("surabaya", [{}])),
      send(malang.signedRequest("/federation/echo", '{"text":"x"}', "surabaya")),
    ]);
  expect(await attempt()).toEqual([429, 429, 200]);
  await expect.poll(attempt, { timeout: 40_000, interval: 1_000 }).toEqual([401, 200, 200]);
});

test("bytes count: a peer that sends long texts is refused by its rate, and the refused bodies are stored nowhere", async () => {
  const long = () => garut.signedDelivery("surabaya", [{ text: "x".repeat(limits.bodyMaxBytes) }]);
  const before = await inboxLength();
  expect([await send(long()), await send(long())]).toEqual([200, 429]);
  expect(await inboxLength()).toBe(before + 1);
});
