import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ErrorCode, errors } from "../../src/protocol/errors.ts";
import { Deployment, type Status } from "../support/deployments.ts";
import { bring, FakePeer, type Heard, type WireMessage } from "../support/fake-peer.ts";
import { isSigned } from "../support/signing.ts";

const path = "/federation/deliver";
const slackMs = 1_000;
type Behaviour = (response: ServerResponse, heard: Heard) => void;
const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    void response.writeHead(code, headers).end("{}");
const body =
  (text: string): Behaviour =>
  (response) =>
    void response.end(text);

/** What a realm says: a status, and the code that only a realm gives with it. */
const saying = (code: number, error: string): Behaviour => status(code, { "error-code": error });

/** Peers that say no for good, and what the sender hears at once. */
const refusals: [what: string, behaviour: Behaviour, code: number, error: string][] = [
  ["403 peer-refused", saying(403, "peer-refused"), 403, "refused"],
  ["413 body-too-large", saying(413, "body-too-large"), 413, "too-large"],
  ["413 batch-too-large", saying(413, "batch-too-large"), 413, "too-large"],
  ["400 bad-federation-request", saying(400, "bad-federation-request"), 502, "unprocessable"],
  ["no such user", body('{"results":[{"state":"failed","reason":"no-such-user"}]}'), 404, "no-such-user"],
  ["a reason that nobody knows", body('{"results":[{"state":"failed","reason":"bosan"}]}'), 403, "refused"],
];
/** Peers that are not there, or not now, and what `realms` calls it. */
const absences: [what: string, behaviour: Behaviour, problem: string][] = [
  ["nothing at all", () => {}, "no-answer-in-time"],
  ["half an answer", (response) => void response.write('{"results":['), "no-answer-in-time"],
  ...[400, 401, 403, 404, 413, 429, 500, 502, 503].map((code): [string, Behaviour, string] => [
    `a page with the status ${code}`,
    status(code, { "content-type": "text/html" }),
    `status-${code}`,
  ]),
  ["401 signature-refused", saying(401, "signature-refused"), "status-401"],
  ["503 shards-changed", saying(503, "shards-changed"), "status-503"],
  ["a redirect", status(307, { location: "/federation/elsewhere" }), "redirected"],
  ["a megabyte", body(" ".repeat(2 ** 20)), "answer-too-large"],
  ["a hang-up", (response) => void response.destroy(), "no-connection"],
  ["a page with the status 200", body("<html>"), "invalid-answer"],
  ["no results", body("{}"), "invalid-answer"],
  ["too few results", body('{"results":[]}'), "invalid-answer"],
  ["too many results", body('{"results":[{"state":"delivered"},{"state":"delivered"}]}'), "invalid-answer"],
  ["an unknown state", body('{"results":[{"state":"mungkin"}]}'), "invalid-answer"],
];
const peers = [...refusals, ...absences].map(([, behaviour], n) => {
  const peer = new FakePeer(`realm${n}`);
  peer.answers.set(path, (heard, response) => behaviour(response, heard));
  return peer;
});
const peerOf = (behaviour: Behaviour) =>
  peers[[...refusals, ...absences].findIndex(([, other]) => other === behaviour)] as FakePeer;
const later = new FakePeer("nanti");
const racun = new FakePeer("racun");
const rusak = new FakePeer("rusak");
const sempit = new FakePeer("sempit");
const lama = new FakePeer("lama");
const all = [...peers, later, racun, rusak, sempit, lama];
await Promise.all(all.map((peer) => peer.start()));
const surabaya = new Deployment("surabaya", {
  PEERS: JSON.stringify(Object.fromEntries(all.map((peer) => [peer.realm, peer.origin]))),
});
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  await server.start();
  budi = await surabaya.person("budi");
});
afterAll(() => {
  for (const peer of all) peer.stop();
  return server.dispose();
});

test.for(refusals)(
  "A message that the peer answers with %s has failed at once.",
  async ([, behaviour, code, error]) => {
    const peer = peerOf(behaviour);
    const reply = await send(peer, "pesan rahasia");
    expect([reply.status, reply.headers["error-code"], reply.headers["delivery-state"]]).toEqual([
      code,
      error,
      "failed",
    ]);
    expect(await surabaya.status(budi, Number(reply.headers["message-id"]))).toMatchObject({
      state: "failed",
      reason: error,
    });
    expect(peer.count(path)).toBe(1);
  },
);

test.concurrent.for(absences)(
  "A message that the peer answers with %s is queued, and realms says why.",
  async ([, behaviour, problem], { expect }) => {
    const peer = peerOf(behaviour);
    const before = Date.now();
    const reply = await send(peer, "pesan rahasia");
    expect(Date.now() - before).toBeLessThan(3_000 + slackMs);
    expect([reply.status, reply.headers["delivery-state"]]).toEqual([200, "queued"]);
    const report = async () => (await realms()).find(({ realm }) => realm === peer.realm);
    await expect.poll(report, { timeout: 10_000 }).toMatchObject({ state: "unreachable", queued: 1, problem });
    expect(await surabaya.status(budi, Number(reply.headers["message-id"]))).toMatchObject({ reason: problem });
    expect(peer.count("/federation/elsewhere")).toBe(0);
    // It arrives when the peer has come to itself.
    peer.answers.delete(path);
    await insist(peer, async () => (await report())?.queued, 0);
    expect(await surabaya.status(budi, Number(reply.headers["message-id"]))).toMatchObject({ state: "delivered" });
  },
);

test.concurrent("A peer that speaks while a try hangs is tried again when the try is over, however long it was away.", async ({
  expect,
}) => {
  lama.answers.set(path, (_, response) => void response.writeHead(503).end());
  const reply = await send(lama, "pesan rahasia");
  const id = Number(reply.headers["message-id"]);
  // After so many failures the next pause is more than half a minute.
  await insist(lama, async () => ((await surabaya.status(budi, id)).tries ?? 0) >= 7, true);
  lama.answers.set(path, () => {});
  const tries = lama.count(path);
  await surabaya.operate("retry lama");
  await expect.poll(() => lama.count(path)).toBeGreaterThan(tries);
  lama.answers.delete(path);
  expect((await bring(server.url, lama.delivery("surabaya", [{}]))).status).toBe(200);
  // What is left of five seconds, two more, and what a slow machine adds.
  const timeout = 5_000 + 2_000 + slackMs;
  await expect.poll(async () => (await surabaya.status(budi, id)).state, { timeout }).toBe("delivered");
});

test("A peer that puts a message off gets it again, not in a hurry, and then it is delivered.", async () => {
  later.answers.set(path, (_, response) => response.end('{"results":[{"state":"deferred"}]}'));
  const reply = await send(later, "pesan rahasia");
  expect(reply.headers["delivery-state"]).toBe("queued");
  await expect.poll(() => later.count(path), { timeout: 10_000 }).toBe(3);
  const [first, second, third] = later.heard.filter((heard) => heard.path === path).map(({ at }) => at) as [
    number,
    number,
    number,
  ];
  expect(second - first).toBeGreaterThanOrEqual(450);
  expect(third - second).toBeGreaterThanOrEqual(950);
  expect(await surabaya.status(budi, Number(reply.headers["message-id"]))).toMatchObject({ reason: "deferred" });
  later.answers.delete(path);
  await insist(
    later,
    async () => (await surabaya.status(budi, Number(reply.headers["message-id"]))).state,
    "delivered",
  );
});

test("A message that a peer breaks over holds up only those of its sender to its recipient, and only until it is found.", async () => {
  const taken = choosy(racun, (texts) => (texts.includes("pesan 7") ? "internal" : null));
  await overAnOutage(racun, ["ani 12", "dewi 3"]);
  await insist(racun, async () => (await last()).state, "delivered");
  const others = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12];
  await insist(racun, async () => taken.length, others.length + 3);
  expect(taken.filter((text) => text.startsWith("pesan"))).toEqual(others.map((n) => `pesan ${n}`));
  expect(taken.filter((text) => text.startsWith("dewi"))).toEqual(["dewi 1", "dewi 2", "dewi 3"]);
  const sent = await surabaya.data<Status[]>("sent last=15", { token: budi });
  expect(sent.filter(({ state }) => state !== "delivered")).toMatchObject([
    { text: "pesan 7", state: "failed", reason: "unprocessable" },
  ]);
  const inbox = await surabaya.data<{ from: string; text: string }[]>("inbox last=1", { token: budi });
  expect(inbox).toMatchObject([{ from: "sistem@surabaya", text: expect.stringContaining("ani@racun") }]);
});

test("A peer that breaks over everything loses nothing, however often it is tried.", async () => {
  const taken = choosy(rusak, () => "internal");
  const alone = Number((await send(rusak, "pesan 0")).headers["message-id"]);
  // More tries than a message may break: but there is no other that the peer takes.
  await insist(rusak, async () => rusak.count(path) >= 12, true);
  expect(await surabaya.status(budi, alone)).toMatchObject({ state: "queued", reason: "internal" });
  await overAnOutage(rusak, ["ani 4", "dewi 4"]);
  const tries = rusak.count(path);
  await insist(rusak, async () => rusak.count(path) >= tries + 20, true);
  const sent = await surabaya.data<Status[]>("sent last=9", { token: budi });
  expect(sent.map(({ state }) => state)).toEqual(Array(9).fill("queued"));
  const probed = rusak.heard.slice(-12).flatMap((heard) => (heard.path === path ? messagesOf(heard) : []));
  expect(new Set(probed.map(({ text }) => text))).toEqual(new Set(["pesan 0", "dewi 1"]));

  const well = choosy(rusak, () => null);
  await insist(rusak, async () => well.length, 9);
  expect(well.filter((text) => text.startsWith("pesan"))).toEqual([0, 1, 2, 3, 4].map((n) => `pesan ${n}`));
  expect(well.filter((text) => text.startsWith("dewi"))).toEqual([1, 2, 3, 4].map((n) => `dewi ${n}`));
  expect(taken).toEqual([]);
});

test("A peer that takes little at a time gets little at a time, and 120 messages arrive in order.", async () => {
  const taken = choosy(sempit, (texts) => {
    if (texts.includes("pesan 60") && texts.length === 1) return "body-too-large";
    return texts.length > 3 || texts.includes("pesan 60") ? "batch-too-large" : null;
  });
  await overAnOutage(sempit, ["ani 120"]);
  await insist(sempit, async () => (await last()).state, "delivered");
  expect(taken).toEqual(Array.from({ length: 120 }, (_, n) => `pesan ${n + 1}`).filter((text) => text !== "pesan 60"));
  const sizes = sempit.heard.filter((heard) => heard.path === path).map((heard) => messagesOf(heard).length);
  expect(Math.max(...sizes)).toBe(50);
});

test("Everything that peers hear is signed with the published key, and carries no token.", async () => {
  const answer = await fetch(new URL("/.well-known/ranah", server.url));
  const [jwk] = ((await answer.json()) as { keys: JsonWebKey[] }).keys;
  const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  const said = (peer: FakePeer) => peer.heard.filter(({ method }) => method === "POST");
  const heard = all.flatMap((peer) => said(peer).map((request) => ({ peer, request })));
  expect(heard.length).toBeGreaterThan(50);
  for (const { peer, request } of heard) {
    expect(isSigned(request, key)).toBe(true);
    expect(request.headers).toMatchObject({ "ranah-origin": "surabaya", "ranah-destination": peer.realm });
    expect(JSON.stringify(request)).not.toContain("rnh_");
  }
  const nonces = heard.map(({ request }) => /nonce="([^"]+)"/.exec(request.headers["signature-input"] ?? "")?.[1]);
  expect(new Set(nonces).size).toBe(heard.length);
});

test("The log has no word of any message, and no token.", () => {
  expect(server.log).toContain("delivery-stopped");
  for (const secret of ["pesan", "rnh_", "rahasia"]) expect(server.log).not.toContain(secret);
});

const send = (peer: FakePeer, text: string) => server.command(`sendprivate ani@${peer.realm} ${text}`, { token: budi });
const realms = () => surabaya.data<{ realm: string; queued: number }[]>("realms", { token: budi });
const last = async () =>
  (await surabaya.data<{ state: string }[]>("sent last=1", { token: budi }))[0] as { state: string };
const messagesOf = ({ body }: Heard): WireMessage[] => JSON.parse(body).messages;

/** Asks until the answer is `wanted`, and has the operator try the peer's queue meanwhile. */
async function insist(peer: FakePeer, asked: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const again = async () => {
    await surabaya.operate(`retry ${peer.realm}`);
    expect(await asked()).toBe(wanted);
  };
  await vi.waitFor(again, { timeout: 30_000 });
}

/** Makes a peer refuse a batch for its texts, with the code of an error, or take it. @returns the texts that it takes */
function choosy(peer: FakePeer, refusal: (texts: string[]) => ErrorCode | null): string[] {
  const taken: string[] = [];
  peer.answers.set(path, (heard, response) => {
    const texts = messagesOf(heard).map(({ text }) => text);
    const error = refusal(texts);
    if (error) return void response.writeHead(errors[error][0], { "error-code": error }).end();
    taken.push(...texts);
    response.end(JSON.stringify({ results: texts.map(() => ({ state: "delivered" })) }));
  });
  return taken;
}

/** Queues messages while the peer cannot be reached: so many to each of these. */
async function overAnOutage(peer: FakePeer, recipients: string[]): Promise<void> {
  const behaviour = peer.answers.get(path) as NonNullable<ReturnType<typeof peer.answers.get>>;
  peer.answers.set(path, (_, response) => void response.writeHead(503).end());
  for (const recipient of recipients) {
    const [name = "", size] = recipient.split(" ");
    for (let n = 1; n <= Number(size); n++) {
      const line = `sendprivate ${name}@${peer.realm} ${name === "ani" ? "pesan" : name} ${n}`;
      expect((await server.command(line, { token: budi })).headers["delivery-state"]).toBe("queued");
    }
  }
  peer.answers.set(path, behaviour);
}
