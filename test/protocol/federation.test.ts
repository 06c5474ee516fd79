import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { failureReasons } from "../../src/delivery/retry-policy.ts";
import { Https } from "../../src/federation/federation-client.ts";
import { type ErrorCode, errors } from "../../src/protocol/errors.ts";
import {
  destinationHeader,
  federationPaths,
  originHeader,
  parseDelivery,
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
} from "../../src/protocol/groups.ts";
import { membershipNotice } from "../../src/protocol/texts.ts";
import type { Envelope } from "../../src/shard-api/outbound-items.ts";
import { allComponents, type SignedRequest } from "../support/signing.ts";
import { sectionOf, tableOf, tablesOf, unticked } from "./page.ts";
import { ani, budi, bytesOf, jakarta, surabaya, time } from "./wire.ts";

const root = join(import.meta.dirname, "../..");
const chapter = sectionOf("## 12. Between realms");

test("The paths are those that are served, and each has its method.", () => {
  const rows = tableOf("## 12. Between realms").map(([path = "", method]) => [unticked(path), method]);
  expect(rows).toEqual(
    Object.values(federationPaths).map((path) => [path, path === federationPaths.wellKnown ? "GET" : "POST"]),
  );
  for (const path of Object.values(federationPaths)) expect(sectionOf("## 11. Other paths")).toContain(`\`${path}\``);
});

test("The signature's headers and components are named.", () => {
  const headers = tableOf("### The signature").map(([header = ""]) => unticked(header));
  expect(headers).toEqual([originHeader, destinationHeader, "content-digest", "signature-input", "signature"]);
  for (const component of allComponents) expect(sectionOf("### The signature")).toContain(`\`"${component}"\``);
});

test("The states of a result and the reasons of a failure are all there, each with what its sender hears.", () => {
  const states = { delivered: true, failed: true, deferred: true } satisfies Record<WireResult["state"], true>;
  const [, , results, reasons] = tablesOf("### Delivering");
  expect(results?.map(([state = ""]) => unticked(state))).toEqual(Object.keys(states));
  expect(reasons?.map(([reason = "", , status]) => [unticked(reason), status])).toEqual(
    failureReasons.map((reason) => [reason, String(errors[reason][0])]),
  );
});

test("What a query can be refused with is there.", () => {
  type Refusal = (WireQueryAnswer & { ok: false })["error"];
  const refusals = { "no-such-group": true } satisfies Record<Refusal, true>;
  for (const refusal of Object.keys(refusals)) expect(sectionOf("### Reading a group")).toContain(`\`${refusal}\``);
});

test("What may stand in a batch, what may be asked of a group, and what is answered, are all there.", () => {
  type Kind = WireItem["kind"];
  const envelopes = { private: true, group: true, "group-message": true, "membership-update": true } satisfies Record<
    Kind,
    true
  >;
  const kinds = tableOf("### Delivering").flatMap(([cell = ""]) => cell.split(", ").map(unticked));
  expect(kinds).toEqual(Object.keys(envelopes));
  const replies = { join: "joined", leave: "left", members: "members", invite: "invited", kick: "kicked" } satisfies {
    [K in GroupRequest["kind"]]: GroupReply["kind"];
  };
  const [asked, answered, refused] = tablesOf("### Changing a membership");
  const pairs = asked?.map((row) => [unticked(row[0] ?? ""), unticked(row[3] ?? "")]);
  expect(pairs).toEqual(Object.entries(replies));
  expect(answered?.map(([kind = ""]) => unticked(kind))).toEqual(Object.values(replies));
  expect(refused?.map(([error = ""]) => unticked(error))).toEqual([...groupErrorCodes]);
});

test("What others can make of a membership is there, each with its notice in both languages.", () => {
  const [, change] = tablesOf("### What a group tells");
  const meaning = change?.find(([member]) => member === "`change`")?.[2] ?? "";
  expect([...meaning.matchAll(/`(\w+)`/g)].map(([, word]) => word)).toEqual([...membershipChanges]);
  const notices = blocksOf(sectionOf("### Who belongs to a group"));
  const said = (change: MembershipChange, group: string) => membershipNotice(change, group, "budi@surabaya");
  expect(notices).toEqual([
    said("invited", "rahasia@surabaya"),
    said("removed", "tim@surabaya"),
    said("owner", "tim@surabaya"),
  ]);
});

test("What a receiver answers has the status of its error, and every error of the doors is there.", () => {
  const rows = tablesOf("### The signature")[1] ?? [];
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
  const raised = [...doors.matchAll(/(?:failure|passing)\("([a-z-]+)"/g)].map(([, code]) => code);
  expect(raised.length).toBeGreaterThan(8);
  expect(listed).toEqual(expect.arrayContaining(raised));
});

test("Every word for what a realm runs into is there, and no other.", () => {
  const rows = tableOf("### What a realm runs into").map(([word = ""]) => unticked(word).split(" ")[0]);
  const sources = [sourceOf("src/federation"), sourceOf("src/delivery/transports.ts")].join();
  const said = [
    ...sources.matchAll(/problem: (.*)/g),
    ...sourceOf("src/delivery/delivery-queues.ts").matchAll(/isPutOff \? (.*)/g),
  ];
  const words = said.flatMap(([, line = ""]) =>
    [...line.matchAll(/["`]([a-z][a-z-]+[a-z-])/g)].map(([, word]) => word),
  );
  // A status stands there as one of many.
  const general = (word?: string) => word?.replace(/^status-.*$/, "status-");
  expect([...new Set(rows.map(general))].sort()).toEqual([...new Set(words.map(general))].sort());
});

describe("What the sender does with an answer is what the page says:", () => {
  const rows = tableOf("### What the sender does");
  const answers = rows.flatMap(([answer = "", meaning, fate = ""]) => {
    const code = /`([a-z-]+)`/.exec(answer)?.[1];
    const statuses = [...answer.matchAll(/\b[2-5]\d\d\b/g)].map(([status]) => Number(status));
    return statuses.map((status) => ({ status, code, answer, meaning, fate }));
  });
  test.each(answers)("$answer ($status)", async ({ status, code, answer, meaning, fate }) => {
    const state = answer.includes("some") ? "deferred" : "delivered";
    const results = answer.includes("anything else") ? [] : [{ state }];
    const headers = code === undefined ? new Headers() : { "error-code": code };
    const outcome = await handed(async () => new Response(JSON.stringify({ results }), { status, headers }));
    expect(outcome.kind).toBe(meaning);
    if (code !== undefined && status !== 200) expect(errors[code as ErrorCode][0]).toBe(status);
    if (outcome.kind === "indigestible") expect(fate).toContain(`\`${outcome.reason}\``);
  });

  test("every error that has an outcome of its own has a row.", async () => {
    const listed = answers.map(({ code }) => code);
    for (const [code, [status]] of Object.entries(errors)) {
      const outcome = await handed(async () => new Response("{}", { status, headers: { "error-code": code } }));
      if (outcome.kind !== "away") expect(listed).toContain(code);
    }
  });

  test("no status is believed without the code of a realm.", async () => {
    for (let status = 200; status < 600; status++) {
      const body = status === 204 || status === 205 || status === 304 ? null : "{}";
      expect((await handed(async () => new Response(body, { status }))).kind).toBe("away");
    }
  });

  test("no answer at all", async () => {
    const outcome = await handed(() => Promise.reject(new Error("no network")));
    expect(outcome).toEqual({ kind: "away", problem: "no-connection" });
  });
});

describe("The examples", () => {
  const vector: { publicKey: { kid: string }; request: SignedRequest; signatureBase: string } = JSON.parse(
    readFileSync(join(root, "test/fixtures/federation/signed-request.json"), "utf8"),
  );

  test("of an introduction and of a signed delivery are those of the test vector, byte for byte.", () => {
    const { request, signatureBase, publicKey } = vector;
    const [introduced, delivered, base] = blocksOf(
      `${sectionOf("### The introduction")}${sectionOf("### The signature")}`,
    );
    expect(introduced?.startsWith(`GET ${federationPaths.wellKnown} HTTP/1.1\n`)).toBe(true);
    expect(parseWellKnown(bytesOf(jsonIn(introduced)[0]))?.keys).toEqual([publicKey]);
    const head = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\n`);
    const sent = [`POST ${request.path} HTTP/1.1\n`, `content-length: ${byteLength(request.body)}\n`, ...head];
    expect(delivered?.startsWith(`${sent.join("")}\n${request.body}\n\nHTTP/1.1 200 OK\n`)).toBe(true);
    expect(base).toBe(signatureBase);
  });

  test("of bodies are bodies of this protocol, and as long as they say.", () => {
    const parsers = [
      [parseWellKnown],
      [parseDelivery, parseDeliveryAnswer],
      [parseDelivery, parseDeliveryAnswer],
      [parseDelivery, parseDeliveryAnswer],
      [parseQuery, parseQueryAnswer],
      [parseQuery, parseGroupAnswer, parseQuery, parseGroupAnswer],
      [parseEcho, parseEchoAnswer],
    ];
    const exchanges = blocksOf(chapter).filter((block) => block.includes("HTTP/1.1"));
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

/** What becomes of one message when the other realm answers like this. */
async function handed(fetch: typeof globalThis.fetch) {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const jwk = JSON.stringify(await crypto.subtle.exportKey("jwk", pair.privateKey));
  const https = new Https({
    here: surabaya,
    federation: {
      federation: "peers",
      peers: new Map([[jakarta, new URL("https://jakarta.example")]]),
      localPeers: false,
    },
    outbound: { fetch, localPeers: false },
    clock: () => Date.parse(time),
    signingKey: async () => ({ id: "1", jwk }),
  });
  const envelope: Envelope = { uid: "k/1", kind: "mailbox", from: budi, to: ani, text: "halo", time: Date.parse(time) };
  return https.deliver(jakarta, [envelope]);
}

/** The text of a file, or of the files of a folder. */
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
