import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { ServerResponse } from "node:http";
import { beforeAll, expect, test, vi } from "vitest";
import { type ErrorCode, errors } from "../../src/protocol/error-texts.ts";
import { type SentStatus, useDeploymentWithPeers } from "../support/deployments.ts";
import { FakePeer, type ReceivedRequest, sendSigned, type WireMessage } from "../support/fake-peer.ts";
import { isSignatureValid } from "../support/signing.ts";

const path = "/federation/deliver";
const slackMs = 1_000;
type Behaviour = (response: ServerResponse, heard: ReceivedRequest) => void;
const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    void response.writeHead(code, headers).end("{}");
const body =
  (text: string): Behaviour =>
  (response) =>
    void response.end(text);

/** An error response of a realm: a status with the Error-Code that only a realm sends. */
const errorResponse = (code: number, error: string): Behaviour => status(code, { "error-code": error });

/** Responses that reject a message permanently, and the error that the sender gets at once. */
const refusals: [what: string, behaviour: Behaviour, code: number, error: string][] = [
  ["403 peer-refused", errorResponse(403, "peer-refused"), 403, "refused"],
  ["413 body-too-large", errorResponse(413, "body-too-large"), 413, "too-large"],
  ["413 batch-too-large", errorResponse(413, "batch-too-large"), 413, "too-large"],
  ["400 bad-federation-request", errorResponse(400, "bad-federation-request"), 502, "unprocessable"],
  ["no such user", body('{"results":[{"state":"failed","reason":"no-such-user"}]}'), 404, "no-such-user"],
  ["an unknown reason", body('{"results":[{"state":"failed","reason":"bosan"}]}'), 403, "refused"],
];
/** Responses of an unavailable peer, and the problem that `realms` reports. */
const outages: [what: string, behaviour: Behaviour, problem: string][] = [
  ["nothing at all", () => {}, "timeout"],
  ["half an answer", (response) => void response.write('{"results":['), "timeout"],
  ...[400, 401, 403, 404, 413, 429, 500, 502, 503].map((code): [string, Behaviour, string] => [
    `a page with the status ${code}`,
    status(code, { "content-type": "text/html" }),
    `status-${code}`,
  ]),
  ["401 signature-refused", errorResponse(401, "signature-refused"), "status-401"],
  ["503 shards-changed", errorResponse(503, "shards-changed"), "status-503"],
  ["a redirect", status(307, { location: "/federation/elsewhere" }), "redirected"],
  ["a megabyte", body(" ".repeat(2 ** 20)), "answer-too-large"],
  ["a closed connection", (response) => void response.destroy(), "connection-failed"],
  ["a page with the status 200", body("<html>"), "invalid-answer"],
  ["no results", body("{}"), "invalid-answer"],
  ["too few results", body('{"results":[]}'), "invalid-answer"],
  ["too many results", body('{"results":[{"state":"delivered"},{"state":"delivered"}]}'), "invalid-answer"],
  ["an unknown state", body('{"results":[{"state":"mungkin"}]}'), "invalid-answer"],
];
const peers = [...refusals, ...outages].map(([, behaviour], n) => {
  const peer = new FakePeer(`realm${n}`);
  peer.handlers.set(path, (heard, response) => behaviour(response, heard));
  return peer;
});
const peerOf = (behaviour: Behaviour) =>
  peers[[...refusals, ...outages].findIndex(([, other]) => other === behaviour)] as FakePeer;
const deferring = new FakePeer("nanti");
const crashingOnOne = new FakePeer("racun");
const crashingOnAll = new FakePeer("rusak");
const smallBatches = new FakePeer("sempit");
const hanging = new FakePeer("lama");
const all = [...peers, deferring, crashingOnOne, crashingOnAll, smallBatches, hanging];
await Promise.all(all.map((peer) => peer.start()));
const surabaya = useDeploymentWithPeers(all);
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  budi = await surabaya.signUp("budi");
});

test.for(refusals)("a message that the peer answers with %s fails at once", async ([, behaviour, code, error]) => {
  const peer = peerOf(behaviour);
  const reply = await send(peer, "pesan rahasia");
  expect([reply.status, reply.headers["error-code"], reply.headers["delivery-state"]]).toEqual([code, error, "failed"]);
  expect(await surabaya.sentStatus(budi, Number(reply.headers["message-id"]))).toMatchObject({
    state: "failed",
    reason: error,
  });
  expect(peer.requestCount(path)).toBe(1);
});

test.concurrent.for(outages)(
  "a message that the peer answers with %s is queued, and realms reports the problem",
  async ([, behaviour, problem], { expect }) => {
    const peer = peerOf(behaviour);
    const before = Date.now();
    const reply = await send(peer, "pesan rahasia");
    expect(Date.now() - before).toBeLessThan(3_000 + slackMs);
    expect([reply.status, reply.headers["delivery-state"]]).toEqual([200, "queued"]);
    const report = async () => (await realms()).find(({ realm }) => realm === peer.realm);
    await expect.poll(report, { timeout: 10_000 }).toMatchObject({ state: "unreachable", queued: 1, problem });
    expect(await surabaya.sentStatus(budi, Number(reply.headers["message-id"]))).toMatchObject({ reason: problem });
    expect(peer.requestCount("/federation/elsewhere")).toBe(0);
    // The message is delivered when the peer works again.
    peer.handlers.delete(path);
    await retryUntil(peer, async () => (await report())?.queued, 0);
    expect(await surabaya.sentStatus(budi, Number(reply.headers["message-id"]))).toMatchObject({ state: "delivered" });
  },
);

test.concurrent("a request from the peer during a hanging attempt causes the next attempt right after it, without the back-off", async ({
  expect,
}) => {
  hanging.handlers.set(path, (_, response) => void response.writeHead(503).end());
  const reply = await send(hanging, "pesan rahasia");
  const id = Number(reply.headers["message-id"]);
  // After 7 failures the next back-off is more than 30 s.
  await retryUntil(hanging, async () => ((await surabaya.sentStatus(budi, id)).tries ?? 0) >= 7, true);
  hanging.handlers.set(path, () => {});
  const tries = hanging.requestCount(path);
  await surabaya.operatorCommand("retry lama");
  await expect.poll(() => hanging.requestCount(path)).toBeGreaterThan(tries);
  hanging.handlers.delete(path);
  expect((await sendSigned(server.url, hanging.signedDelivery("surabaya", [{}]))).status).toBe(200);
  // The rest of the 5 s timeout, 2 s more, and slack for a slow machine.
  const timeout = 5_000 + 2_000 + slackMs;
  await expect.poll(async () => (await surabaya.sentStatus(budi, id)).state, { timeout }).toBe("delivered");
});

test("a deferred message is sent again with back-off until it is delivered", async () => {
  deferring.handlers.set(path, (_, response) => response.end('{"results":[{"state":"deferred"}]}'));
  const reply = await send(deferring, "pesan rahasia");
  expect(reply.headers["delivery-state"]).toBe("queued");
  await expect.poll(() => deferring.requestCount(path), { timeout: 10_000 }).toBe(3);
  const [first, second, third] = deferring.requests.filter((heard) => heard.path === path).map(({ at }) => at) as [
    number,
    number,
    number,
  ];
  expect(second - first).toBeGreaterThanOrEqual(450);
  expect(third - second).toBeGreaterThanOrEqual(950);
  expect(await surabaya.sentStatus(budi, Number(reply.headers["message-id"]))).toMatchObject({ reason: "deferred" });
  deferring.handlers.delete(path);
  await retryUntil(
    deferring,
    async () => (await surabaya.sentStatus(budi, Number(reply.headers["message-id"]))).state,
    "delivered",
  );
});

test("a message that crashes the peer delays only messages of its sender to its recipient, until it fails alone", async () => {
  const accepted = rejectBatches(crashingOnOne, (texts) => (texts.includes("pesan 7") ? "internal" : null));
  await queueDuringOutage(crashingOnOne, ["ani 12", "dewi 3"]);
  await retryUntil(crashingOnOne, async () => (await last()).state, "delivered");
  const others = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12];
  await retryUntil(crashingOnOne, async () => accepted.length, others.length + 3);
  expect(accepted.filter((text) => text.startsWith("pesan"))).toEqual(others.map((n) => `pesan ${n}`));
  expect(accepted.filter((text) => text.startsWith("dewi"))).toEqual(["dewi 1", "dewi 2", "dewi 3"]);
  const sent = await surabaya.okData<SentStatus[]>("sent last=15", { token: budi });
  expect(sent.filter(({ state }) => state !== "delivered")).toMatchObject([
    { text: "pesan 7", state: "failed", reason: "unprocessable" },
  ]);
  const inbox = await surabaya.okData<{ from: string; text: string }[]>("inbox last=1", { token: budi });
  expect(inbox).toMatchObject([{ from: "sistem@surabaya", text: expect.stringContaining("ani@racun") }]);
});

test("a peer that crashes on every message loses none, whatever the number of attempts", async () => {
  const accepted = rejectBatches(crashingOnAll, () => "internal");
  const alone = Number((await send(crashingOnAll, "pesan 0")).headers["message-id"]);
  // More attempts than a crashing message gets, but the peer accepts no other message either.
  await retryUntil(crashingOnAll, async () => crashingOnAll.requestCount(path) >= 12, true);
  expect(await surabaya.sentStatus(budi, alone)).toMatchObject({ state: "queued", reason: "peer-crashed" });
  await queueDuringOutage(crashingOnAll, ["ani 4", "dewi 4"]);
  const tries = crashingOnAll.requestCount(path);
  await retryUntil(crashingOnAll, async () => crashingOnAll.requestCount(path) >= tries + 20, true);
  const sent = await surabaya.okData<SentStatus[]>("sent last=9", { token: budi });
  expect(sent.map(({ state }) => state)).toEqual(Array(9).fill("queued"));
  const probed = crashingOnAll.requests.slice(-12).flatMap((heard) => (heard.path === path ? messagesOf(heard) : []));
  expect(new Set(probed.map(({ text }) => text))).toEqual(new Set(["pesan 0", "dewi 1"]));

  const acceptedAfterRecovery = rejectBatches(crashingOnAll, () => null);
  await retryUntil(crashingOnAll, async () => acceptedAfterRecovery.length, 9);
  expect(acceptedAfterRecovery.filter((text) => text.startsWith("pesan"))).toEqual(
    [0, 1, 2, 3, 4].map((n) => `pesan ${n}`),
  );
  expect(acceptedAfterRecovery.filter((text) => text.startsWith("dewi"))).toEqual([1, 2, 3, 4].map((n) => `dewi ${n}`));
  expect(accepted).toEqual([]);
});

test("a peer that accepts only small batches gets small batches, and 120 messages arrive in order", async () => {
  const accepted = rejectBatches(smallBatches, (texts) => {
    if (texts.includes("pesan 60") && texts.length === 1) return "body-too-large";
    return texts.length > 3 || texts.includes("pesan 60") ? "batch-too-large" : null;
  });
  await queueDuringOutage(smallBatches, ["ani 120"]);
  await retryUntil(smallBatches, async () => (await last()).state, "delivered");
  expect(accepted).toEqual(
    Array.from({ length: 120 }, (_, n) => `pesan ${n + 1}`).filter((text) => text !== "pesan 60"),
  );
  const sizes = smallBatches.requests.filter((heard) => heard.path === path).map((heard) => messagesOf(heard).length);
  expect(Math.max(...sizes)).toBe(50);
});

test("every request to a peer is signed with the published key and contains no token", async () => {
  const answer = await fetch(new URL("/.well-known/ranah", server.url));
  const [jwk] = ((await answer.json()) as { keys: JsonWebKey[] }).keys;
  const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  const posts = (peer: FakePeer) => peer.requests.filter(({ method }) => method === "POST");
  const requests = all.flatMap((peer) => posts(peer).map((request) => ({ peer, request })));
  expect(requests.length).toBeGreaterThan(50);
  for (const { peer, request } of requests) {
    expect(isSignatureValid(request, key)).toBe(true);
    expect(request.headers).toMatchObject({ "ranah-origin": "surabaya", "ranah-destination": peer.realm });
    expect(JSON.stringify(request)).not.toContain("rnh_");
  }
  const nonces = requests.map(({ request }) => /nonce="([^"]+)"/.exec(request.headers["signature-input"] ?? "")?.[1]);
  expect(new Set(nonces).size).toBe(requests.length);
});

test("the log contains no text of a message and no token", () => {
  expect(server.log).toContain("delivery-attempt-failed");
  for (const secret of ["pesan", "rnh_", "rahasia"]) expect(server.log).not.toContain(secret);
});

const send = (peer: FakePeer, text: string) => server.command(`sendprivate ani@${peer.realm} ${text}`, { token: budi });
const realms = () => surabaya.okData<{ realm: string; queued: number }[]>("realms", { token: budi });
const last = async () =>
  (await surabaya.okData<{ state: string }[]>("sent last=1", { token: budi }))[0] as { state: string };
const messagesOf = ({ body }: ReceivedRequest): WireMessage[] => JSON.parse(body).messages;

/** Retries the peer's queue as the operator until the probe returns `wanted`. */
async function retryUntil(peer: FakePeer, query: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const again = async () => {
    await surabaya.operatorCommand(`retry ${peer.realm}`);
    expect(await query()).toBe(wanted);
  };
  await vi.waitFor(again, { timeout: 30_000 });
}

/** Sets which batches a peer rejects. @param refusal the error code, or null to accept @returns the accepted texts */
function rejectBatches(peer: FakePeer, refusal: (texts: string[]) => ErrorCode | null): string[] {
  const accepted: string[] = [];
  peer.handlers.set(path, (heard, response) => {
    const texts = messagesOf(heard).map(({ text }) => text);
    const error = refusal(texts);
    if (error) return void response.writeHead(errors[error][0], { "error-code": error }).end();
    accepted.push(...texts);
    response.end(JSON.stringify({ results: texts.map(() => ({ state: "delivered" })) }));
  });
  return accepted;
}

/** Queues messages while the peer is unreachable. @param recipients each a name and a number of messages */
async function queueDuringOutage(peer: FakePeer, recipients: string[]): Promise<void> {
  const behaviour = peer.handlers.get(path) as NonNullable<ReturnType<typeof peer.handlers.get>>;
  peer.handlers.set(path, (_, response) => void response.writeHead(503).end());
  for (const recipient of recipients) {
    const [name = "", size] = recipient.split(" ");
    for (let n = 1; n <= Number(size); n++) {
      const line = `sendprivate ${name}@${peer.realm} ${name === "ani" ? "pesan" : name} ${n}`;
      expect((await server.command(line, { token: budi })).headers["delivery-state"]).toBe("queued");
    }
  }
  peer.handlers.set(path, behaviour);
}
