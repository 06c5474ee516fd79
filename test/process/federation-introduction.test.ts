import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorBody } from "../support/command.ts";
import { Deployment } from "../support/deployments.ts";
import { bring, FakePeer, type Heard } from "../support/fake-peer.ts";

const path = "/.well-known/ranah";
const target = new FakePeer("sasaran");
const targetOrigin = await target.start();

/** Ways to answer who one is, each by a realm of its own, and what the log calls it. */
interface Liar {
  what: string;
  problem: string;
  answer: (response: ServerResponse, peer: FakePeer) => void;
}
const saying = (change: object) => (response: ServerResponse, peer: FakePeer) =>
  void response.end(JSON.stringify({ ...peer.wellKnown(), ...change }));
const endpoints = (deliver: string) =>
  saying({ endpoints: { deliver, query: "/federation/query", echo: "/federation/echo" } });
const bigBytes = 100 * 1024 * 1024;
let bigWritten = 0;

const liars: Liar[] = [
  { what: "says nothing", problem: "no-answer-in-time", answer: () => {} },
  { what: "says a byte now and then", problem: "no-answer-in-time", answer: (response) => trickle(response) },
  {
    what: "sends us elsewhere",
    problem: "redirected",
    answer: (response) => void response.writeHead(302, { location: targetOrigin + path }).end(),
  },
  { what: "answers 100 MB", problem: "answer-too-large", answer: (response) => pour(response) },
  { what: "hangs up", problem: "no-connection", answer: (response) => void response.destroy() },
  { what: "answers 404", problem: "status-404", answer: (response) => void response.writeHead(404).end("{}") },
  { what: "answers no JSON", problem: "invalid-well-known", answer: (response) => void response.end("<html>") },
  { what: "names another realm", problem: "realm-name-mismatch", answer: saying({ realm: "sasaran" }) },
  { what: "speaks another version", problem: "invalid-well-known", answer: saying({ version: 2 }) },
  {
    what: "has 17 keys",
    problem: "invalid-well-known",
    answer: (response, peer) =>
      saying({ keys: Array(17).fill((peer.wellKnown().keys as object[])[0]) })(response, peer),
  },
  {
    what: "points at localhost",
    problem: "endpoint-origin-mismatch",
    answer: endpoints("http://localhost:1/federation/deliver"),
  },
  {
    what: "points at an IP literal",
    problem: "endpoint-origin-mismatch",
    answer: endpoints("https://10.0.0.1/federation/deliver"),
  },
  {
    what: "points at another host without a scheme",
    problem: "endpoint-origin-mismatch",
    answer: endpoints("//sasaran.example/federation/deliver"),
  },
  {
    what: "points at another peer",
    problem: "endpoint-origin-mismatch",
    answer: endpoints(`${targetOrigin}/federation/deliver`),
  },
];
const peers = liars.map((_, n) => new FakePeer(`palsu${n}`));
const honest = new FakePeer("malang");
const all = [honest, target, ...peers];
await Promise.all([honest, ...peers].map((peer) => peer.start()));
const surabaya = new Deployment("surabaya", {
  PEERS: JSON.stringify(Object.fromEntries(all.map((peer) => [peer.realm, peer.origin]))),
});
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  await server.start();
  budi = await surabaya.person("budi");
  for (const [n, { answer }] of liars.entries())
    peers[n]?.answers.set(path, (_: Heard, response) => answer(response, peers[n] as FakePeer));
});
afterAll(() => {
  for (const peer of all) peer.stop();
  return server.dispose();
});

test.concurrent.for(liars.map((liar, n) => ({ ...liar, n })))(
  "A realm whose well-known $what is not believed, and the log hears why.",
  async ({ n, problem }, { expect }) => {
    const peer = peers[n] as FakePeer;
    const before = Date.now();
    const reply = await bring(server.url, peer.delivery("surabaya", [{ text: "jangan" }]));
    // Five seconds, and what a slow machine adds.
    expect(Date.now() - before).toBeLessThan(7_000);
    expect([reply.status, reply.text]).toEqual([401, errorBody("Tanda tangan ditolak")]);
    await expect.poll(() => server.log).toMatch(new RegExp(`peer: '${peer.realm}',\\s+problem: '${problem}'`));
    expect(server.log).not.toContain("jangan");
    expect(peer.count(path)).toBe(1);
    expect(target.heard).toEqual([]);
    expect((await server.command("inbox", { token: budi })).json.data).toEqual([]);
  },
);

test("A well-known of 100 MB is not read to its end.", () => {
  expect(bigWritten).toBeGreaterThan(0);
  expect(bigWritten).toBeLessThan(bigBytes / 2);
});

test("Keys of kinds that nobody here knows stand in nobody's way.", async () => {
  const foreign = [
    { kty: "EC", crv: "P-256", kid: "lain", x: "x".repeat(43), y: "y".repeat(43) },
    { kty: "AKP", alg: "ML-DSA-44", kid: honest.keyId, pub: "p" },
  ];
  const keys = [...foreign, ...(honest.wellKnown().keys as object[])];
  honest.answers.set(path, (_, response) => response.end(JSON.stringify({ ...honest.wellKnown(), keys })));
  expect((await bring(server.url, honest.delivery("surabaya", []))).status).toBe(200);
});

test("However many unknown keys a realm is shown, it asks for the keys of a peer once a minute.", async () => {
  const unknown = () => bring(server.url, honest.delivery("surabaya", [], { keyId: crypto.randomUUID() }));
  for (let round = 1; round <= 2; round++) {
    await later("update peers set asked = asked - 60000");
    const replies = [...(await Promise.all(Array.from({ length: 20 }, unknown))), await unknown()];
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    // The keys that it knows it knows all the while.
    expect((await bring(server.url, honest.delivery("surabaya", []))).status).toBe(200);
    expect(honest.count(path)).toBe(round + 1);
  }
});

test("A peer's key that has been taken back is not believed a day later.", async () => {
  expect((await bring(server.url, honest.delivery("surabaya", []))).status).toBe(200);
  honest.answers.set(path, (_, response) => response.end(JSON.stringify({ ...honest.wellKnown(), keys: [] })));
  await later("update peers set asked = asked - 86400000, fetched = fetched - 86400000");
  expect((await bring(server.url, honest.delivery("surabaya", []))).status).toBe(401);
});

/** Moves what a realm has written down into the past. */
async function later(query: string): Promise<void> {
  await server.kill();
  server.sql(query);
  await server.start();
}

/** Writes 100 MB, as fast as they are taken. */
function pour(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024, " ");
  const more = () => {
    while (bigWritten < bigBytes && !response.destroyed) {
      bigWritten += piece.length;
      if (!response.write(piece)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

function trickle(response: ServerResponse): void {
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.write(" ")), 100);
}
