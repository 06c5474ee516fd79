import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ErrorCode, errors } from "../../src/errors.ts";
import type { Envelope } from "../../src/link/envelope.ts";
import { failureReasons } from "../../src/link/rules.ts";
import { Https } from "../../src/peer/https.ts";
import {
  destinationHeader,
  originHeader,
  parseDelivery,
  parseDeliveryAnswer,
  parseEcho,
  parseEchoAnswer,
  parseQuery,
  parseQueryAnswer,
  parseWellKnown,
  paths,
  type WellKnown,
  type WireEchoAnswer,
  type WireMessage,
  type WireQuery,
  type WireQueryAnswer,
  type WireResult,
} from "../../src/protocol/federation.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import { allComponents, type SignedRequest } from "../support/signing.ts";
import { sectionOf, tableOf, tablesOf, unticked } from "./page.ts";

const root = join(import.meta.dirname, "../..");
const chapter = sectionOf("## 12. Between realms");
const time = "2026-11-23T10:00:00.000Z";
const surabaya = "surabaya" as RealmName;
const jakarta = "jakarta" as RealmName;
const budi = "budi@surabaya" as FullAddress;
const ani = "ani@jakarta" as FullAddress;

test("The paths are those that are served, and each has its method.", () => {
  const rows = tableOf("## 12. Between realms").map(([path = "", method]) => [unticked(path), method]);
  expect(rows).toEqual(Object.values(paths).map((path) => [path, path === paths.wellKnown ? "GET" : "POST"]));
  for (const path of Object.values(paths)) expect(sectionOf("## 11. Other paths")).toContain(`\`${path}\``);
});

test("The signature's headers and components are named.", () => {
  const headers = tableOf("### The signature").map(([header = ""]) => unticked(header));
  expect(headers).toEqual([originHeader, destinationHeader, "content-digest", "signature-input", "signature"]);
  for (const component of allComponents) expect(sectionOf("### The signature")).toContain(`\`"${component}"\``);
});

/** Whole bodies: the types see to it that a member which is added to the contract is added here, and so to the page. */
const key: Required<WellKnown["keys"][number]> = { kty: "OKP", crv: "Ed25519", kid: "1", x: "x".repeat(43) };
const endpoints: Required<WellKnown["endpoints"]> = { deliver: "/a", query: "/b", echo: "/c" };
const introduction: Required<WellKnown> = { realm: surabaya, version: 1, time, endpoints, keys: [key] };
const message: Required<WireMessage> = { uid: "k/1", kind: "private", from: budi, to: ani, text: "halo", time };
const page: Record<keyof WireQuery["page"], number> = { after: 1, before: 9, limit: 5, last: 5, wait: 0 };
const query: Required<WireQuery> = { kind: "read-group", group: ani, by: budi, page };
const rest = { after: 1, until: 9, rows: 5 };
const read: Required<WireQueryAnswer & { ok: true }> = {
  ok: true,
  rows: [{ id: 1, from: ani, text: "a", time }],
  rest,
};
const unread: Required<WireQueryAnswer & { ok: false }> = { ok: false, error: "no-such-group" };
const echoed: Required<WireEchoAnswer> = { text: "a", realm: jakarta, time };

interface Body {
  what: string;
  heading: string;
  parse: (bytes: Uint8Array) => unknown;
  body: object;
  /** Members that may be left out. */
  optional?: object;
  /** Puts an object of the contract into the whole body. */
  within?: (part: object) => object;
}
const bodies: Body[] = [
  { what: "an introduction", heading: "### The introduction", parse: parseWellKnown, body: introduction },
  {
    what: "the endpoints of an introduction",
    heading: "### The introduction",
    parse: parseWellKnown,
    body: endpoints,
    within: (part) => ({ ...introduction, endpoints: part }),
  },
  { what: "a delivery", heading: "### Delivering", parse: parseDelivery, body: { messages: [message] } },
  {
    what: "a message",
    heading: "### Delivering",
    parse: parseDelivery,
    body: message,
    within: (part) => ({ messages: [part] }),
  },
  {
    what: "the answer to a delivery",
    heading: "### Delivering",
    parse: parseDeliveryAnswer,
    body: { results: [{ state: "later" }] },
  },
  {
    what: "a result that is a failure",
    heading: "### Delivering",
    parse: parseDeliveryAnswer,
    body: { state: "failed", reason: "refused" },
    within: (part) => ({ results: [part] }),
  },
  { what: "a query", heading: "### Reading a group", parse: parseQuery, body: query },
  {
    what: "the page of a query",
    heading: "### Reading a group",
    parse: parseQuery,
    body: page,
    optional: page,
    within: (part) => ({ ...query, page: part }),
  },
  { what: "the answer to a query", heading: "### Reading a group", parse: parseQueryAnswer, body: read },
  {
    what: "a message that was read",
    heading: "### Reading a group",
    parse: parseQueryAnswer,
    body: read.rows[0] as object,
    within: (part) => ({ ...read, rows: [part] }),
  },
  {
    what: "the rest of a page",
    heading: "### Reading a group",
    parse: parseQueryAnswer,
    body: rest,
    within: (part) => ({ ...read, rest: part }),
  },
  { what: "the refusal of a query", heading: "### Reading a group", parse: parseQueryAnswer, body: unread },
  { what: "an echo", heading: "### Echo", parse: parseEcho, body: { text: "a" } },
  { what: "the answer to an echo", heading: "### Echo", parse: parseEchoAnswer, body: echoed },
];
test.each(bodies)("Every member of $what is named, and none that is required may be missing.", (each) => {
  const { heading, parse, body, optional = {}, within = (part) => part } = each;
  expect(parse(bytesOf(within(body)))).toEqual(within(body));
  for (const member of Object.keys(body)) {
    expect(sectionOf(heading)).toContain(`\`${member}\``);
    const { [member]: _, ...others } = body as Record<string, unknown>;
    expect([member, parse(bytesOf(within(others))) !== null]).toEqual([member, member in optional]);
  }
  // Whoever says more than this version knows is understood all the same.
  expect(parse(bytesOf(within({ ...body, besok: 1 })))).toEqual(within(body));
});

test("Every member of a key is named, and a key that lacks one, or is of another kind, is passed over.", () => {
  const read = (...keys: object[]) => parseWellKnown(bytesOf({ ...introduction, keys }))?.keys;
  for (const member of Object.keys(key)) {
    expect(sectionOf("### The introduction")).toContain(`\`${member}\``);
    const { [member]: _, ...others } = key as Record<string, unknown>;
    expect(read(others, key)).toEqual([key]);
  }
  expect(read({ ...key, besok: 1 })).toMatchObject([key]);
  const foreign = [{ ...key, crv: "X25519" }, { kty: "EC", crv: "P-256", kid: "2", x: "a", y: "b" }, { kty: "AKP" }];
  expect(read(...foreign, key, { ...key, x: "A" })).toEqual([key]);
  expect(read(...foreign)).toEqual([]);
});

test("A time that was read is given on in UTC with milliseconds, and a sender without a realm is none.", () => {
  const rows = (row: object) => parseQueryAnswer(bytesOf({ ...read, rows: [{ ...read.rows[0], ...row }] }));
  expect(rows({ time: "2026-11-23T17:00:00+07:00" })).toMatchObject({ rows: [{ time }] });
  for (const from of ["budi", "", "@surabaya", "budi@", "budi budi@surabaya"])
    expect([from, rows({ from })]).toEqual([from, null]);
});

test("The states of a result and the reasons of a failure are all there, each with what its sender hears.", () => {
  const states = { delivered: true, failed: true, later: true } satisfies Record<WireResult["state"], true>;
  const [, results, reasons] = tablesOf("### Delivering");
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

test("What a receiver answers has the status of its error, and every error of the doors is there.", () => {
  const rows = tablesOf("### The signature")[1] ?? [];
  for (const [status, code = ""] of rows) expect(status).toBe(String(errors[unticked(code) as ErrorCode]?.[0]));
  const listed = rows.map(([, code = ""]) => unticked(code));
  const doors = ["src/federation", "src/http/federation.ts", "src/http/failures.ts"].map(sourceOf).join();
  const raised = [...doors.matchAll(/(?:failure|passing)\("([a-z-]+)"/g)].map(([, code]) => code);
  expect(raised.length).toBeGreaterThan(8);
  expect(listed).toEqual(expect.arrayContaining(raised));
});

test("Every word for what a realm runs into is there, and no other.", () => {
  const rows = tableOf("### What a realm runs into").map(([word = ""]) => unticked(word).split(" ")[0]);
  const sources = [sourceOf("src/peer"), sourceOf("src/realm/carrier.ts")].join();
  const said = [...sources.matchAll(/problem: (.*)/g), ...sourceOf("src/link/links.ts").matchAll(/isPutOff \? (.*)/g)];
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
    const state = answer.includes("some") ? "later" : "delivered";
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
    expect(introduced?.startsWith(`GET ${paths.wellKnown} HTTP/1.1\n`)).toBe(true);
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
      [parseQuery, parseQueryAnswer],
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

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
