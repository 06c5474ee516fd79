import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HttpsTransport } from "../../src/delivery/https-transport.ts";
import { FederationClient } from "../../src/federation/federation-client.ts";
import { peerProblems } from "../../src/federation/peer-problems.ts";
import { type ErrorCode, errors } from "../../src/protocol/error-texts.ts";
import {
  destinationHeader,
  federationPaths,
  originHeader,
  parseDeliveryAnswer,
  parseEcho,
  parseEchoAnswer,
  parseGroupAnswer,
  parseQuery,
  parseQueryAnswer,
  parseWellKnown,
  type WireItem,
  type WireQueryAnswer,
  type WireResult,
} from "../../src/protocol/federation-wire.ts";
import {
  type GroupReply,
  type GroupRequest,
  groupErrorCodes,
  type MembershipChange,
  membershipChanges,
} from "../../src/protocol/group-requests.ts";
import { membershipNotice } from "../../src/protocol/texts.ts";
import { failureReasons } from "../../src/shard-api/delivery-result.ts";
import type { OutboundMessage } from "../../src/shard-api/outbound-items.ts";
import { requiredComponents, type SignedRequest } from "../support/signing.ts";
import { clientPage, federationPage, unticked } from "./page.ts";
import { ani, budi, bytesOf, deliveryOf, jakarta, surabaya, time } from "./wire.ts";

const root = join(import.meta.dirname, "../..");

test("the document lists the served paths with their methods", () => {
  const rows = federationPage.table("## Requests").map(([path = "", method]) => [unticked(path), method]);
  expect(rows).toEqual(
    Object.values(federationPaths).map((path) => [path, path === federationPaths.wellKnown ? "GET" : "POST"]),
  );
  for (const path of Object.values(federationPaths))
    expect(clientPage.section("## Other paths")).toContain(`\`${path}\``);
});

test("the document names the signature's headers and components", () => {
  const headers = federationPage.table("## Request signature").map(([header = ""]) => unticked(header));
  expect(headers).toEqual([originHeader, destinationHeader, "content-digest", "signature-input", "signature"]);
  for (const component of requiredComponents)
    expect(federationPage.section("## Request signature")).toContain(`\`"${component}"\``);
});

test("the document lists every result state, and every failure reason with its status", () => {
  const states = { delivered: true, failed: true, deferred: true } satisfies Record<WireResult["state"], true>;
  const [, , results, reasons] = federationPage.tables("## Delivery");
  expect(results?.map(([state = ""]) => unticked(state))).toEqual(Object.keys(states));
  expect(reasons?.map(([reason = "", , status]) => [unticked(reason), status])).toEqual(
    failureReasons.map((reason) => [reason, String(errors[reason][0])]),
  );
});

test("the document lists every error of a query", () => {
  type Refusal = (WireQueryAnswer & { ok: false })["error"];
  const refusals = { "no-such-group": true } satisfies Record<Refusal, true>;
  for (const refusal of Object.keys(refusals))
    expect(federationPage.section("## Group reads")).toContain(`\`${refusal}\``);
});

test("the document lists every kind of item, membership request, reply and error", () => {
  type Kind = WireItem["kind"];
  const envelopes = { private: true, group: true, "group-message": true, "membership-update": true } satisfies Record<
    Kind,
    true
  >;
  const kinds = federationPage.table("## Delivery").flatMap(([cell = ""]) => cell.split(", ").map(unticked));
  expect(kinds).toEqual(Object.keys(envelopes));
  const replies = { join: "joined", leave: "left", members: "members", invite: "invited", kick: "kicked" } satisfies {
    [K in GroupRequest["kind"]]: GroupReply["kind"];
  };
  const [asked, answered, refused] = federationPage.tables("## Membership requests");
  const pairs = asked?.map((row) => [unticked(row[0] ?? ""), unticked(row[3] ?? "")]);
  expect(pairs).toEqual(Object.entries(replies));
  expect(answered?.map(([kind = ""]) => unticked(kind))).toEqual(Object.values(replies));
  expect(refused?.map(([error = ""]) => unticked(error))).toEqual([...groupErrorCodes]);
});

test("the documents list every membership change, and its notice in both languages", () => {
  const [, change] = federationPage.tables("## Group replication");
  const meaning = change?.find(([member]) => member === "`change`")?.[2] ?? "";
  expect([...meaning.matchAll(/`(\w+)`/g)].map(([, word]) => word)).toEqual([...membershipChanges]);
  const notices = blocksOf(clientPage.section("## Group membership"));
  const said = (change: MembershipChange, group: string) => membershipNotice(change, group, "budi@surabaya", null);
  expect(notices).toEqual([
    said("invited", "rahasia@surabaya"),
    said("removed", "tim@surabaya"),
    said("owner", "tim@surabaya"),
  ]);
});

test("the document lists every error of the federation endpoints with its status", () => {
  const rows = federationPage.tables("## Request signature")[1] ?? [];
  for (const [status, code = ""] of rows) expect(status).toBe(String(errors[unticked(code) as ErrorCode]?.[0]));
  const listed = rows.map(([, code = ""]) => unticked(code));
  const doors = [
    ...["authenticate-peer", "deliver-endpoint", "query-endpoint", "echo-endpoint"].map(
      (file) => `src/federation/${file}.ts`,
    ),
    ...["src/worker/federation-routes.ts", "src/worker/error-handler.ts"],
  ]
    .map(sourceOf)
    .join();
  const raised = [...doors.matchAll(/(?:failure|retryableFailure)\("([a-z-]+)"/g)].map(([, code]) => code);
  expect(raised.length).toBeGreaterThan(8);
  expect(listed).toEqual(expect.arrayContaining(raised));
});

test("the document lists every delivery problem, and no other", () => {
  const rows = federationPage.table("## Delivery problems").map(([word = ""]) => unticked(word).split(" ")[0]);
  const sources = ["outbound-transport", "https-transport", "delivery-queues"].map((file) =>
    sourceOf(`src/delivery/${file}.ts`),
  );
  const found = [...sources.join("\n").matchAll(/problem: (.*)|isDeferred \? (.*)/g)];
  const inDelivery = found.flatMap(([line]) => [...line.matchAll(/["`]([a-z][a-z-]+[a-z-])/g)].map(([, word]) => word));
  const words = [...peerProblems, ...inDelivery];
  // The document has one example for all statuses.
  const general = (word?: string) => word?.replace(/^status-.*$/, "status-");
  expect([...new Set(rows.map(general))].sort()).toEqual([...new Set(words.map(general))].sort());
});

describe("the sender treats an answer as the document says:", () => {
  const rows = federationPage.table("## Retries");
  const answers = rows.flatMap(([answer = "", meaning, fate = ""]) => {
    const code = /`([a-z-]+)`/.exec(answer)?.[1];
    const statuses = [...answer.matchAll(/\b[2-5]\d\d\b/g)].map(([status]) => Number(status));
    return statuses.map((status) => ({ status, code, answer, meaning, fate }));
  });
  test.each(answers)("$answer ($status)", async ({ status, code, answer, meaning, fate }) => {
    const state = answer.includes("some") ? "deferred" : "delivered";
    const results = answer.includes("anything else") ? [] : [{ state }];
    const headers = code === undefined ? new Headers() : { "error-code": code };
    const outcome = await outcomeOf(async () => new Response(JSON.stringify({ results }), { status, headers }));
    expect(outcome.kind).toBe(meaning);
    if (code !== undefined && status !== 200) expect(errors[code as ErrorCode][0]).toBe(status);
    if (outcome.kind === "batch-rejected") expect(fate).toContain(`\`${outcome.reason}\``);
  });

  test("every error with an outcome of its own has a row", async () => {
    const listed = answers.map(({ code }) => code);
    for (const [code, [status]] of Object.entries(errors)) {
      const outcome = await outcomeOf(async () => new Response("{}", { status, headers: { "error-code": code } }));
      if (outcome.kind !== "unreachable") expect(listed).toContain(code);
    }
  });

  test("a status without the error code of a realm means that the realm is unreachable", async () => {
    for (let status = 200; status < 600; status++) {
      const body = status === 204 || status === 205 || status === 304 ? null : "{}";
      expect((await outcomeOf(async () => new Response(body, { status }))).kind).toBe("unreachable");
    }
  });

  test("no answer at all", async () => {
    const outcome = await outcomeOf(() => Promise.reject(new Error("Network connection lost.")));
    expect(outcome).toEqual({ kind: "unreachable", problem: "connection-failed" });
  });
});

describe("the examples", () => {
  const vector: { publicKey: { kid: string }; request: SignedRequest; signatureBase: string } = JSON.parse(
    readFileSync(join(root, "test/fixtures/federation/signed-request.json"), "utf8"),
  );

  test("of the well-known document and of a signed delivery equal the test vector, byte for byte", () => {
    const { request, signatureBase, publicKey } = vector;
    const [introduced, delivered, base] = blocksOf(
      `${federationPage.section("## Well-known document")}${federationPage.section("## Request signature")}`,
    );
    expect(introduced?.startsWith(`GET ${federationPaths.wellKnown} HTTP/1.1\n`)).toBe(true);
    expect(parseWellKnown(bytesOf(jsonIn(introduced)[0]))?.keys).toEqual([publicKey]);
    const head = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\n`);
    const sent = [`POST ${request.path} HTTP/1.1\n`, `content-length: ${byteLength(request.body)}\n`, ...head];
    expect(delivered?.startsWith(`${sent.join("")}\n${request.body}\n\nHTTP/1.1 200 OK\n`)).toBe(true);
    expect(base).toBe(signatureBase);
  });

  test("of bodies are valid, and have their declared length", () => {
    const parsers = [
      [parseWellKnown],
      [deliveryOf, parseDeliveryAnswer],
      [deliveryOf, parseDeliveryAnswer],
      [deliveryOf, parseDeliveryAnswer],
      [parseQuery, parseQueryAnswer],
      [parseQuery, parseGroupAnswer, parseQuery, parseGroupAnswer],
      [parseEcho, parseEchoAnswer],
    ];
    const exchanges = blocksOf(federationPage.text).filter((block) => block.includes("HTTP/1.1"));
    expect(exchanges).toHaveLength(parsers.length);
    for (const [index, exchange] of exchanges.entries()) {
      const parsed = jsonIn(exchange).map((body, at) => parsers[index]?.[at]?.(bytesOf(body)));
      expect(parsed).toEqual(jsonIn(exchange));
      for (const [, length, body = ""] of exchange.matchAll(/^content-length: (\d+)\n(?:.+\n)*\n(.*)$/gim)) {
        expect(byteLength(body)).toBe(Number(length));
      }
    }
  });
});

/** The outcome of one message if the other realm answers like this. */
async function outcomeOf(fetch: typeof globalThis.fetch) {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const jwk = JSON.stringify(await crypto.subtle.exportKey("jwk", pair.privateKey));
  const client = new FederationClient({
    realm: surabaya,
    policy: {
      federation: "peers",
      peers: new Map([[jakarta, new URL("https://jakarta.example")]]),
      localPeers: false,
    },
    outbound: { fetch, localPeers: false, timer },
    clock: () => Date.parse(time),
    signingKey: async () => ({ id: "1", jwk }),
  });
  const message: OutboundMessage = {
    uid: "k/1",
    kind: "private",
    from: budi,
    to: ani,
    text: "halo",
    time: Date.parse(time),
  };
  return new HttpsTransport(client).send(jakarta, [message]);
}

const timer = (done: () => void, ms: number) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};

/** The text of a file, or of all files of a folder. */
function sourceOf(path: string): string {
  const whole = join(root, path);
  if (path.endsWith(".ts")) return readFileSync(whole, "utf8");
  return readdirSync(whole)
    .map((name) => readFileSync(join(whole, name), "utf8"))
    .join("\n");
}

function blocksOf(text: string): string[] {
  return [...text.matchAll(/^```\n([\s\S]*?)\n```$/gm)].map(([, block = ""]) => block);
}

function jsonIn(block = ""): object[] {
  return [...block.matchAll(/^\{.*\}$/gm)].map(([json]) => JSON.parse(json));
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
