import type { ServerResponse } from "node:http";
import { beforeAll, expect, test } from "vitest";
import { errorBody } from "../support/command.ts";
import { useDeploymentWithPeers } from "../support/deployments.ts";
import { FakePeer, type ReceivedRequest, sendSigned } from "../support/fake-peer.ts";

const path = "/.well-known/ranah";
const target = new FakePeer("sasaran");
const targetOrigin = await target.start();

/** A faulty answer to the well-known request, each by a peer of its own, and the problem in the log. */
interface FaultyPeer {
  what: string;
  problem: string;
  answer: (response: ServerResponse, peer: FakePeer) => void;
}
const documentWith = (change: object) => (response: ServerResponse, peer: FakePeer) =>
  void response.end(JSON.stringify({ ...peer.wellKnown(), ...change }));
const endpoints = (deliver: string) =>
  documentWith({ endpoints: { deliver, query: "/federation/query", echo: "/federation/echo" } });
const documentBytes = 100 * 1024 * 1024;
let writtenBytes = 0;

const faultyPeers: FaultyPeer[] = [
  { what: "never answers", problem: "timeout", answer: () => {} },
  { what: "sends a byte now and then", problem: "timeout", answer: (response) => trickle(response) },
  {
    what: "redirects",
    problem: "redirected",
    answer: (response) => void response.writeHead(302, { location: targetOrigin + path }).end(),
  },
  { what: "answers 100 MB", problem: "answer-too-large", answer: (response) => pour(response) },
  { what: "closes the connection", problem: "connection-failed", answer: (response) => void response.destroy() },
  { what: "answers 404", problem: "status-404", answer: (response) => void response.writeHead(404).end("{}") },
  { what: "answers no JSON", problem: "invalid-well-known", answer: (response) => void response.end("<html>") },
  { what: "names another realm", problem: "realm-name-mismatch", answer: documentWith({ realm: "sasaran" }) },
  { what: "names another version", problem: "invalid-well-known", answer: documentWith({ version: 2 }) },
  {
    what: "lists 17 keys",
    problem: "invalid-well-known",
    answer: (response, peer) =>
      documentWith({ keys: Array(17).fill((peer.wellKnown().keys as object[])[0]) })(response, peer),
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
const peers = faultyPeers.map((_, n) => new FakePeer(`palsu${n}`));
const honest = new FakePeer("malang");
await Promise.all([honest, ...peers].map((peer) => peer.start()));
const surabaya = useDeploymentWithPeers([honest, target, ...peers]);
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  budi = await surabaya.signUp("budi");
  for (const [n, { answer }] of faultyPeers.entries())
    peers[n]?.handlers.set(path, (_: ReceivedRequest, response) => answer(response, peers[n] as FakePeer));
});

test.concurrent.for(faultyPeers.map((faulty, n) => ({ ...faulty, n })))(
  "a peer gets 503 if its well-known endpoint $what, and the log contains the problem",
  async ({ n, problem }, { expect }) => {
    const peer = peers[n] as FakePeer;
    const before = Date.now();
    const reply = await sendSigned(server.url, peer.signedDelivery("surabaya", [{ text: "jangan" }]));
    // Five seconds, and slack for a slow machine.
    expect(Date.now() - before).toBeLessThan(7_000);
    // The keys cannot be read, so whether the signature is right is not known.
    expect([reply.status, reply.text]).toEqual([
      503,
      errorBody("Server sedang tidak tersedia; coba lagi 5 detik lagi"),
    ]);
    expect(reply.headers["retry-after"]).toBe("5");
    await expect.poll(() => server.log).toMatch(new RegExp(`peer: '${peer.realm}',\\s+problem: '${problem}'`));
    expect(server.log).not.toContain("jangan");
    expect(peer.requestCount(path)).toBe(1);
    expect(target.requests).toEqual([]);
    expect((await server.command("inbox", { token: budi })).json.data).toEqual([]);
  },
);

test("a well-known document of 100 MB is not read to its end", () => {
  expect(writtenBytes).toBeGreaterThan(0);
  expect(writtenBytes).toBeLessThan(documentBytes / 2);
});

test("published keys of unknown types are ignored", async () => {
  const foreign = [
    { kty: "EC", crv: "P-256", kid: "lain", x: "x".repeat(43), y: "y".repeat(43) },
    { kty: "AKP", alg: "ML-DSA-44", kid: honest.keyId, pub: "p" },
  ];
  const keys = [...foreign, ...(honest.wellKnown().keys as object[])];
  honest.handlers.set(path, (_, response) => response.end(JSON.stringify({ ...honest.wellKnown(), keys })));
  expect((await sendSigned(server.url, honest.signedDelivery("surabaya", []))).status).toBe(200);
});

test("requests with unknown key ids fetch the keys of a peer at most once a minute", async () => {
  const unknown = () => sendSigned(server.url, honest.signedDelivery("surabaya", [], { keyId: crypto.randomUUID() }));
  for (let round = 1; round <= 2; round++) {
    await ageStoredTimes("update peer_keys set asked_at = asked_at - 60000");
    const replies = [...(await Promise.all(Array.from({ length: 20 }, unknown))), await unknown()];
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    // A known key stays valid meanwhile.
    expect((await sendSigned(server.url, honest.signedDelivery("surabaya", []))).status).toBe(200);
    expect(honest.requestCount(path)).toBe(round + 1);
  }
});

test("a key that a peer has withdrawn is rejected a day later", async () => {
  expect((await sendSigned(server.url, honest.signedDelivery("surabaya", []))).status).toBe(200);
  honest.handlers.set(path, (_, response) => response.end(JSON.stringify({ ...honest.wellKnown(), keys: [] })));
  await ageStoredTimes("update peer_keys set asked_at = asked_at - 86400000, fetched_at = fetched_at - 86400000");
  expect((await sendSigned(server.url, honest.signedDelivery("surabaya", []))).status).toBe(401);
});

/** Restarts the realm and moves its stored times into the past in between. */
async function ageStoredTimes(query: string): Promise<void> {
  await server.kill();
  server.sql(query);
  await server.start();
}

/** Writes 100 MB as fast as the client reads. */
function pour(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024, " ");
  const more = () => {
    while (writtenBytes < documentBytes && !response.destroyed) {
      writtenBytes += piece.length;
      if (!response.write(piece)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

function trickle(response: ServerResponse): void {
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.write(" ")), 100);
}
