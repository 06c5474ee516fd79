import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { nameOnShard } from "../support/all-shards.ts";
import { errorBody } from "../support/command.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { contentDigest, requiredComponents, type SignedRequest } from "../support/signing.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const bandung = new FakePeer("bandung");
const invalidKeyPeer = new FakePeer("medan");
const unknownPeer = new FakePeer("asing");
const [malangOrigin, bandungOrigin, medanOrigin] = await Promise.all(
  [malang, bandung, invalidKeyPeer, unknownPeer].map((peer) => peer.start()),
);
const server = useServer({
  LOCAL_PEERS: "yes",
  PEERS: JSON.stringify({ malang: malangOrigin, bandung: bandungOrigin, medan: medanOrigin }),
});
let budi: string;

beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
  // Both peers are known from here on, so only the signature can be a reason for rejection.
  for (const peer of [malang, bandung])
    expect((await sendSigned(server.url, peer.signedDelivery("surabaya", []))).status).toBe(200);
});
afterAll(() => [malang, bandung, invalidKeyPeer, unknownPeer].forEach((peer) => void peer.stop()));
let before: string[];
beforeEach(async () => {
  before = await inbox();
});

const now = () => Math.floor(Date.now() / 1000);
const honest = () => malang.signedDelivery("surabaya", [{ text: "palsu" }]);
const other = () => bandung.signedDelivery("surabaya", [{ text: "palsu" }]);

/** Replaces headers of a signed request; undefined removes a header. */
function withHeaders(request: SignedRequest, headers: Record<string, string | undefined>): SignedRequest {
  const all = Object.entries({ ...request.headers, ...headers });
  return { ...request, headers: Object.fromEntries(all.filter((pair): pair is [string, string] => !!pair[1])) };
}

/** Changes the signature parameters of a signed request without signing it again. */
const withInput = (request: SignedRequest, change: (input: string) => string) =>
  withHeaders(request, { "signature-input": change(request.headers["signature-input"] ?? "") });

const forged: [what: string, reason: string, request: () => SignedRequest, host?: string][] = [
  [
    "without a signature",
    "no-signature",
    () => withHeaders(honest(), { signature: undefined, "signature-input": undefined }),
  ],
  ["with Signature-Input only", "no-signature", () => withHeaders(honest(), { signature: undefined })],
  ["with Signature only", "no-signature", () => withHeaders(honest(), { "signature-input": undefined })],
  [
    "with a signature of zeros",
    "bad-signature",
    () => withHeaders(honest(), { signature: `ranah=:${"A".repeat(86)}==:` }),
  ],
  ...[0, 3, 63, 65, 128].map((bytes): [string, string, () => SignedRequest] => [
    `with a signature of ${bytes} bytes`,
    "bad-signature",
    () => withHeaders(honest(), { signature: `ranah=:${Buffer.alloc(bytes).toString("base64")}:` }),
  ]),
  ...[
    ["key id of bytes", /keyid="[^"]+"/, "keyid=:AAAA:"],
    ["key id that is a token", /keyid="[^"]+"/, "keyid=kunci"],
    ["creation time of bytes", /created=\d+/, "created=:AAAA:"],
    ["creation time with decimals", /created=\d+/, "created=1.5"],
    ["creation time that is a text", /created=\d+/, 'created="1"'],
    ["creation time below zero", /created=\d+/, "created=-1"],
    ["creation time of 16 digits", /created=\d+/, "created=9999999999999999"],
    ["expiry in the past", /;tag=/, ";expires=1;tag="],
    ["nonce of bytes", /nonce="[^"]+"/, "nonce=:AAAA:"],
    ["algorithm that is a token", /alg="ed25519"/, "alg=ed25519"],
    ["parameter that is not ASCII", /;tag=/, ';x="\u00e9";tag='],
  ].map(([what, from, to]): [string, string, () => SignedRequest] => [
    `with a ${what}`,
    "bad-signature",
    () => withInput(honest(), (input) => input.replace(from ?? "", String(to))),
  ]),
  [
    "with a malformed signature",
    "bad-signature",
    () => withHeaders(honest(), { signature: "ranah=:halo", "signature-input": "((" }),
  ],
  [
    "with another request's signature",
    "bad-signature",
    () => withHeaders(honest(), { signature: honest().headers.signature }),
  ],
  [
    "signed by another realm, its origin replaced",
    "unknown-key",
    () => withHeaders(other(), { "ranah-origin": "malang" }),
  ],
  [
    "signed by another realm that claims this origin",
    "unknown-key",
    () => bandung.signedDelivery("surabaya", [{ from: "rina@malang" }], { from: "malang" }),
  ],
  [
    "signed by another realm under the origin's key id",
    "bad-signature",
    () => bandung.signedDelivery("surabaya", [{ from: "rina@malang" }], { from: "malang", keyId: malang.keyId }),
  ],
  [
    "whose body was changed",
    "digest-mismatch",
    () => ({ ...honest(), body: honest().body.replace("palsu", "curang") }),
  ],
  [
    "whose body and digest were changed",
    "bad-signature",
    () => {
      const body = '{"messages":[]}';
      return { ...withHeaders(honest(), { "content-digest": contentDigest(body) }), body };
    },
  ],
  ["without a digest", "bad-signature", () => withHeaders(honest(), { "content-digest": undefined })],
  [
    "with a digest of another kind",
    "bad-signature",
    () => withHeaders(honest(), { "content-digest": "sha-512=:AAAA:" }),
  ],
  [
    "signed for another path",
    "bad-signature",
    () => ({ ...malang.signedRequest("/federation/echo", '{"text":"x"}', "surabaya"), path: "/federation/deliver" }),
  ],
  [
    "signed for another method",
    "bad-signature",
    () => ({ ...malang.signedDelivery("surabaya", [], { method: "PUT" }), method: "POST" }),
  ],
  ["with a query behind its path", "has-query", () => ({ ...honest(), path: "/federation/deliver?x=1" })],
  ["for another realm", "wrong-destination", () => malang.signedDelivery("semarang", [])],
  ["for this realm, replayed to another realm of the server", "wrong-destination", () => honest(), jakartaHost],
  [
    "for another realm of the server, its destination changed",
    "bad-signature",
    () => withHeaders(malang.signedDelivery("jakarta", []), { "ranah-destination": "surabaya" }),
  ],
  ["without a destination", "wrong-destination", () => withHeaders(honest(), { "ranah-destination": undefined })],
  ["without an origin", "no-origin", () => withHeaders(honest(), { "ranah-origin": undefined })],
  ["with an origin that is not a valid name", "no-origin", () => malang.signedDelivery("surabaya", [], { from: "-" })],
  ["from this realm itself", "no-origin", () => malang.signedDelivery("surabaya", [], { from: "surabaya" })],
  ["with an unknown key", "unknown-key", () => malang.signedDelivery("surabaya", [], { keyId: "kunci-lain" })],
  [
    "created more than five minutes ago",
    "stale",
    () => malang.signedDelivery("surabaya", [], { created: now() - 302 }),
  ],
  [
    "created more than five minutes in the future",
    "stale",
    () => malang.signedDelivery("surabaya", [], { created: now() + 310 }),
  ],
  [
    "whose creation time was changed",
    "bad-signature",
    () =>
      withInput(malang.signedDelivery("surabaya", [], { created: now() - 900 }), (input) =>
        input.replace(/created=\d+/, `created=${now()}`),
      ),
  ],
  [
    "whose nonce was changed",
    "bad-signature",
    () => withInput(honest(), (input) => input.replace(/nonce="[^"]+"/, 'nonce="x"')),
  ],
  [
    "whose algorithm was changed",
    "bad-signature",
    () => withInput(honest(), (input) => input.replace("ed25519", "hmac-sha256")),
  ],
  [
    "with a nonce of 65 characters",
    "bad-signature",
    () => malang.signedDelivery("surabaya", [], { nonce: "x".repeat(65) }),
  ],
  ...requiredComponents.map((left): [string, string, () => SignedRequest] => [
    `whose signature leaves out ${left}`,
    "bad-signature",
    () =>
      malang.signedDelivery("surabaya", [], {
        components: requiredComponents.filter((component) => component !== left),
      }),
  ]),
];

test.for(forged)(
  "a request %s is rejected, and only the log contains the reason",
  async ([, reason, request, host]) => {
    const logged = server.logs().length;
    const reply = await sendSigned(server.url, request(), host);
    expect(reply.status).toBe(401);
    expect(reply.text).toBe(errorBody("Tanda tangan ditolak"));
    expect(reply.headers["error-code"]).toBe("signature-refused");
    await expect.poll(() => server.logs().slice(logged)).toContain(`'${reason}'`);
    expect(server.logs().slice(logged)).not.toMatch(/palsu|curang/);
    expect(await inbox()).toEqual(before);
  },
);

test("rejecting a very long signature takes less than three times as long as rejecting a short one", async () => {
  const short = () => withInput(honest(), (input) => input.replace(/nonce="[^"]+"/, 'nonce="x"'));
  const components = Array.from({ length: 700 }, () => '"content-digest"').join(" ");
  const long = [
    () => withInput(honest(), (input) => input.replace('"content-digest"', components)),
    () => withInput(honest(), (input) => input.padEnd(11_000, ";a")),
    () => withHeaders(honest(), { signature: `ranah=:${"A".repeat(11_000)}:` }),
  ];
  const [ours, ...theirs] = [short, ...long].map((request) => ({ request, fastest: Number.POSITIVE_INFINITY }));
  // The kinds take turns and the fastest run of each counts, which excludes other load of the machine.
  for (let round = 0; round < 12; round++) {
    for (const kind of [ours, ...theirs]) {
      if (!kind) continue;
      const before = performance.now();
      expect((await sendSigned(server.url, kind.request())).status).toBe(401);
      kind.fastest = Math.min(kind.fastest, performance.now() - before);
    }
  }
  for (const { fastest } of theirs) expect(fastest).toBeLessThan(3 * (ours?.fastest ?? 0));
});

test("a realm that is not a peer is rejected without a request to it", async () => {
  const reply = await sendSigned(server.url, unknownPeer.signedDelivery("surabaya", [{ text: "palsu" }]));
  expect([reply.status, reply.text]).toEqual([403, errorBody("Realm ini tidak dilayani di sini")]);
  expect(unknownPeer.requests).toEqual([]);
  expect(await inbox()).toEqual(before);
});

test("a published key that is none is a reason for rejection", async () => {
  const keys = [{ kty: "OKP", crv: "Ed25519", kid: invalidKeyPeer.keyId, x: "!".repeat(43) }];
  invalidKeyPeer.handlers.set("/.well-known/ranah", (_, response) => {
    response.end(JSON.stringify({ ...invalidKeyPeer.wellKnown(), keys }));
  });
  const logged = server.logs().length;
  const reply = await sendSigned(server.url, invalidKeyPeer.signedDelivery("surabaya", [{ text: "palsu" }]));
  expect([reply.status, reply.headers["error-code"]]).toEqual([401, "signature-refused"]);
  await expect.poll(() => server.logs().slice(logged)).toContain("'invalid-key'");
});

test("a clock skew of almost five minutes is accepted in both directions", async () => {
  for (const created of [now() - 290, now() + 290]) {
    expect((await sendSigned(server.url, malang.signedDelivery("surabaya", [], { created }))).status).toBe(200);
  }
});

test("a captured request that is replayed ten times at once is accepted once", async () => {
  const request = malang.signedDelivery("surabaya", [{ text: "tangkapan" }]);
  const logged = server.logs().length;
  const replies = await Promise.all(Array.from({ length: 10 }, () => sendSigned(server.url, request)));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 401)]);
  expect(replies.find(({ status }) => status === 401)?.text).toBe(errorBody("Tanda tangan ditolak"));
  await expect.poll(() => server.logs().slice(logged)).toContain("'replayed'");
  expect(await inbox()).toEqual([...before, "tangkapan"]);
});

test("a captured request that is replayed after a restart does not duplicate its message", async () => {
  const request = malang.signedDelivery("surabaya", [{ text: "lupa" }]);
  expect((await sendSigned(server.url, request)).status).toBe(200);
  await server.evict(nameOnShard(0));
  const again = await sendSigned(server.url, request);
  expect([again.status, again.text]).toEqual([200, '{"results":[{"state":"delivered"}]}']);
  expect(await inbox()).toEqual([...before, "lupa"]);
});

test("a batch that is sent again in a new request does not duplicate its messages", async () => {
  const messages = ["a", "b"].map((text) => ({ uid: `kunci/${text}`, text }));
  for (let n = 0; n < 3; n++) {
    const reply = await sendSigned(server.url, malang.signedDelivery("surabaya", messages));
    expect(JSON.parse(reply.text).results).toEqual([{ state: "delivered" }, { state: "delivered" }]);
  }
  // A uid is unique per sender: the same uid of another sender or realm is another message.
  await sendSigned(server.url, malang.signedDelivery("surabaya", [{ uid: "kunci/a", from: "dewi@malang", text: "c" }]));
  await sendSigned(server.url, bandung.signedDelivery("surabaya", [{ uid: "kunci/a", text: "d" }]));
  expect(await inbox()).toEqual([...before, "a", "b", "c", "d"]);
});

async function inbox(): Promise<string[]> {
  const reply = await server.command("inbox", { token: budi });
  return (reply.json.data as { text: string }[]).map(({ text }) => text);
}
