import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Deployment } from "../support/deployments.ts";
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

/** Peers that say no for good, and what the sender hears at once. */
const refusals: [what: string, behaviour: Behaviour, code: number, error: string][] = [
  ["403", status(403), 403, "refused"],
  ["413", status(413), 413, "too-large"],
  ["400", status(400), 502, "unprocessable"],
  ["no such user", body('{"results":[{"state":"failed","reason":"no-such-user"}]}'), 404, "no-such-user"],
  ["a reason that nobody knows", body('{"results":[{"state":"failed","reason":"bosan"}]}'), 403, "refused"],
];
/** Peers that break over a message again and again. */
const breakers: [what: string, behaviour: Behaviour][] = [
  ["500", status(500)],
  ["no JSON", body("<html>")],
  ["no results", body("{}")],
  ["too few results", body('{"results":[]}')],
  ["too many results", body('{"results":[{"state":"delivered"},{"state":"delivered"}]}')],
  ["an unknown state", body('{"results":[{"state":"mungkin"}]}')],
];
/** Peers that are not there, or not now, and what `realms` calls it. */
const absences: [what: string, behaviour: Behaviour, problem: string][] = [
  ["401", status(401), "status-401"],
  ["404", status(404), "status-404"],
  ["429", status(429), "status-429"],
  ["502", status(502), "status-502"],
  ["503", status(503), "status-503"],
  ["a redirect", status(307, { location: "/federation/elsewhere" }), "redirected"],
  ["a megabyte", body(" ".repeat(2 ** 20)), "answer-too-large"],
  ["a hang-up", (response) => void response.destroy(), "no-connection"],
  ["nothing at all", () => {}, "no-answer-in-time"],
  ["half an answer", (response) => void response.write('{"results":['), "no-answer-in-time"],
];
const peers = [...refusals, ...breakers, ...absences].map(([, behaviour], n) => {
  const peer = new FakePeer(`realm${n}`);
  peer.answers.set(path, (heard, response) => behaviour(response, heard));
  return peer;
});
const peerOf = (behaviour: Behaviour) =>
  peers[[...refusals, ...breakers, ...absences].findIndex(([, other]) => other === behaviour)] as FakePeer;
const later = new FakePeer("nanti");
const racun = new FakePeer("racun");
const sempit = new FakePeer("sempit");
const lama = new FakePeer("lama");
const all = [...peers, later, racun, sempit, lama];
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

test.for(breakers)("A message that the peer answers with %s fails after five tries.", async ([, behaviour]) => {
  const peer = peerOf(behaviour);
  const reply = await send(peer, "pesan rahasia");
  expect(reply.headers["delivery-state"]).toBe("queued");
  const id = Number(reply.headers["message-id"]);
  await insist(peer, async () => (await surabaya.status(budi, id)).state, "failed");
  expect(await surabaya.status(budi, id)).toMatchObject({ reason: "unprocessable" });
  expect(peer.count(path)).toBe(5);
  const inbox = await surabaya.data<{ from: string; text: string }[]>("inbox last=1", { token: budi });
  expect(inbox).toMatchObject([{ from: "sistem@surabaya", text: expect.stringContaining(`ani@${peer.realm}`) }]);
});

test.for(absences)(
  "A message that the peer answers with %s is queued, and realms says why.",
  async ([, behaviour, problem]) => {
    const peer = peerOf(behaviour);
    const before = Date.now();
    const reply = await send(peer, "pesan rahasia");
    expect(Date.now() - before).toBeLessThan(3_000 + slackMs);
    expect([reply.status, reply.headers["delivery-state"]]).toEqual([200, "queued"]);
    const report = async () => (await realms()).find(({ realm }) => realm === peer.realm);
    await expect.poll(report, { timeout: 10_000 }).toMatchObject({ state: "away", queued: 1, problem });
    expect(await surabaya.status(budi, Number(reply.headers["message-id"]))).toMatchObject({ reason: problem });
    expect(peer.count("/federation/elsewhere")).toBe(0);
    // It arrives when the peer has come to itself.
    peer.answers.delete(path);
    await insist(peer, async () => (await report())?.queued, 0);
    expect(await surabaya.status(budi, Number(reply.headers["message-id"]))).toMatchObject({ state: "delivered" });
  },
);

test("A peer that puts a message off gets it again, not in a hurry, and then it is delivered.", async () => {
  later.answers.set(path, (_, response) => response.end('{"results":[{"state":"later"}]}'));
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
  later.answers.delete(path);
  await insist(
    later,
    async () => (await surabaya.status(budi, Number(reply.headers["message-id"]))).state,
    "delivered",
  );
});

test("A message that a peer breaks over holds nobody else's up, and all others arrive once and in order.", async () => {
  const taken = choosy(racun, (texts) => (texts.includes("pesan 7") ? 500 : 200));
  await overAnOutage(racun, 12);
  await insist(racun, async () => (await last()).state, "delivered");
  expect(taken).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12].map((n) => `pesan ${n}`));
  expect(await surabaya.data("sent last=6", { token: budi })).toMatchObject([
    { text: "pesan 7", state: "failed", reason: "unprocessable" },
    ...Array.from({ length: 5 }, () => ({ state: "delivered" })),
  ]);
});

test("A peer that takes little at a time gets little at a time, and 120 messages arrive in order.", async () => {
  const taken = choosy(sempit, (texts) => (texts.length > 3 || texts.includes("pesan 60") ? 413 : 200));
  await overAnOutage(sempit, 120);
  await insist(sempit, async () => (await last()).state, "delivered");
  expect(taken).toEqual(Array.from({ length: 120 }, (_, n) => `pesan ${n + 1}`).filter((text) => text !== "pesan 60"));
  const sizes = sempit.heard.filter((heard) => heard.path === path).map((heard) => messagesOf(heard).length);
  expect(Math.max(...sizes)).toBe(50);
});

test("A peer that speaks while a try hangs is tried again when the try is over, however long it was away.", async () => {
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
  await expect
    .poll(
      async () => {
        await surabaya.operate(`retry ${peer.realm}`);
        return asked();
      },
      { timeout: 30_000 },
    )
    .toBe(wanted);
}

/** Makes a peer answer a batch with a status that its texts decide on. @returns the texts that it takes */
function choosy(peer: FakePeer, decide: (texts: string[]) => number): string[] {
  const taken: string[] = [];
  peer.answers.set(path, (heard, response) => {
    const texts = messagesOf(heard).map(({ text }) => text);
    const code = decide(texts);
    if (code === 200) taken.push(...texts);
    response.writeHead(code).end(JSON.stringify({ results: texts.map(() => ({ state: "delivered" })) }));
  });
  return taken;
}

/** Queues messages while the peer cannot be reached. */
async function overAnOutage(peer: FakePeer, size: number): Promise<void> {
  const behaviour = peer.answers.get(path) as NonNullable<ReturnType<typeof peer.answers.get>>;
  peer.answers.set(path, (_, response) => response.writeHead(503).end());
  for (let n = 1; n <= size; n++) expect((await send(peer, `pesan ${n}`)).headers["delivery-state"]).toBe("queued");
  peer.answers.set(path, behaviour);
}
