import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { nameOfShard } from "../support/all-shards.ts";
import { errorBody } from "../support/command.ts";
import { bring, FakePeer } from "../support/fake-peer.ts";
import { jakarta, useServer } from "../support/realm.ts";
import { allComponents, digestOf, type SignedRequest } from "../support/signing.ts";

const malang = new FakePeer("malang");
const bandung = new FakePeer("bandung");
const stranger = new FakePeer("asing");
const [malangOrigin, bandungOrigin] = await Promise.all([malang.start(), bandung.start(), stranger.start()]);
const server = useServer({
  LOCAL_PEERS: "yes",
  PEERS: JSON.stringify({ malang: malangOrigin, bandung: bandungOrigin }),
});
let budi: string;

beforeAll(async () => {
  [budi = ""] = await server.crowd(["budi"]);
  // What is forged is not refused because the peer was never heard of.
  for (const peer of [malang, bandung])
    expect((await bring(server.url, peer.delivery("surabaya", []))).status).toBe(200);
});
afterAll(() => [malang, bandung, stranger].forEach((peer) => void peer.stop()));
let before: string[];
beforeEach(async () => {
  before = await inbox();
});

const now = () => Math.floor(Date.now() / 1000);
const honest = () => malang.delivery("surabaya", [{ text: "palsu" }]);
const other = () => bandung.delivery("surabaya", [{ text: "palsu" }]);

/** An honest request with some headers changed; one that is undefined goes. */
function withHeaders(request: SignedRequest, headers: Record<string, string | undefined>): SignedRequest {
  const all = Object.entries({ ...request.headers, ...headers });
  return { ...request, headers: Object.fromEntries(all.filter((pair): pair is [string, string] => !!pair[1])) };
}

/** An honest request with some of its signed parameters cut out or changed, and not signed again. */
const withInput = (request: SignedRequest, change: (input: string) => string) =>
  withHeaders(request, { "signature-input": change(request.headers["signature-input"] ?? "") });

const forged: [what: string, doubt: string, request: () => SignedRequest, host?: string][] = [
  [
    "without a signature",
    "no-signature",
    () => withHeaders(honest(), { signature: undefined, "signature-input": undefined }),
  ],
  ["with the input of a signature only", "no-signature", () => withHeaders(honest(), { signature: undefined })],
  ["with the bytes of a signature only", "no-signature", () => withHeaders(honest(), { "signature-input": undefined })],
  [
    "with a signature of zeros",
    "bad-signature",
    () => withHeaders(honest(), { signature: `ranah=:${"A".repeat(86)}==:` }),
  ],
  [
    "with a signature that is none",
    "bad-signature",
    () => withHeaders(honest(), { signature: "ranah=:halo", "signature-input": "((" }),
  ],
  [
    "with another request's signature",
    "bad-signature",
    () => withHeaders(honest(), { signature: honest().headers.signature }),
  ],
  ["signed by another realm in its own name", "unknown-key", () => withHeaders(other(), { "ranah-origin": "malang" })],
  [
    "signed by another realm, with the origin covered",
    "unknown-key",
    () => bandung.delivery("surabaya", [{ from: "rina@malang" }], { from: "malang" }),
  ],
  [
    "signed by another realm under the key id of the first",
    "bad-signature",
    () => bandung.delivery("surabaya", [{ from: "rina@malang" }], { from: "malang", keyId: malang.keyId }),
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
      return { ...withHeaders(honest(), { "content-digest": digestOf(body) }), body };
    },
  ],
  ["without a digest", "digest-mismatch", () => withHeaders(honest(), { "content-digest": undefined })],
  [
    "with a digest of another kind",
    "digest-mismatch",
    () => withHeaders(honest(), { "content-digest": "sha-512=:AAAA:" }),
  ],
  [
    "signed for another path",
    "bad-signature",
    () => ({ ...malang.signed("/federation/echo", '{"text":"x"}', "surabaya"), path: "/federation/deliver" }),
  ],
  [
    "signed for another method",
    "bad-signature",
    () => ({ ...malang.delivery("surabaya", [], { method: "PUT" }), method: "POST" }),
  ],
  ["with a query behind its path", "has-query", () => ({ ...honest(), path: "/federation/deliver?x=1" })],
  ["for another realm", "wrong-destination", () => malang.delivery("semarang", [])],
  ["for this realm, replayed to its neighbour", "wrong-destination", () => honest(), jakarta],
  [
    "for its neighbour, its destination changed",
    "bad-signature",
    () => withHeaders(malang.delivery("jakarta", []), { "ranah-destination": "surabaya" }),
  ],
  ["without a destination", "wrong-destination", () => withHeaders(honest(), { "ranah-destination": undefined })],
  ["without an origin", "no-origin", () => withHeaders(honest(), { "ranah-origin": undefined })],
  ["with an origin that is no name", "no-origin", () => malang.delivery("surabaya", [], { from: "-" })],
  ["from this realm itself", "no-origin", () => malang.delivery("surabaya", [], { from: "surabaya" })],
  ["with an unknown key", "unknown-key", () => malang.delivery("surabaya", [], { keyId: "kunci-lain" })],
  ["made more than five minutes ago", "stale", () => malang.delivery("surabaya", [], { created: now() - 302 })],
  ["made more than five minutes from now", "stale", () => malang.delivery("surabaya", [], { created: now() + 310 })],
  [
    "whose time was changed",
    "bad-signature",
    () =>
      withInput(malang.delivery("surabaya", [], { created: now() - 900 }), (input) =>
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
  ["with a nonce of 65 characters", "bad-signature", () => malang.delivery("surabaya", [], { nonce: "x".repeat(65) })],
  ...allComponents.map((left): [string, string, () => SignedRequest] => [
    `whose signature leaves out ${left}`,
    "bad-signature",
    () => malang.delivery("surabaya", [], { components: allComponents.filter((component) => component !== left) }),
  ]),
];

test.for(forged)("A request %s is refused, and only the log hears why.", async ([, doubt, request, host]) => {
  const logged = server.logs().length;
  const reply = await bring(server.url, request(), host);
  expect(reply.status).toBe(401);
  expect(reply.text).toBe(errorBody("Tanda tangan ditolak"));
  expect(reply.headers["error-code"]).toBe("signature-refused");
  await expect.poll(() => server.logs().slice(logged)).toContain(`'${doubt}'`);
  expect(server.logs().slice(logged)).not.toMatch(/palsu|curang/);
  expect(await inbox()).toEqual(before);
});

test("A request with a signature that is very long costs no more than any other that is refused.", async () => {
  const short = () => withInput(honest(), (input) => input.replace(/nonce="[^"]+"/, 'nonce="x"'));
  const components = Array.from({ length: 700 }, () => '"content-digest"').join(" ");
  const long = [
    () => withInput(honest(), (input) => input.replace('"content-digest"', components)),
    () => withInput(honest(), (input) => input.padEnd(11_000, ";a")),
    () => withHeaders(honest(), { signature: `ranah=:${"A".repeat(11_000)}:` }),
  ];
  const [ours, ...theirs] = [short, ...long].map((request) => ({ request, fastest: Number.POSITIVE_INFINITY }));
  // In turns, and the fastest of each: what else the machine does is not what is measured.
  for (let round = 0; round < 12; round++) {
    for (const kind of [ours, ...theirs]) {
      if (!kind) continue;
      const before = performance.now();
      expect((await bring(server.url, kind.request())).status).toBe(401);
      kind.fastest = Math.min(kind.fastest, performance.now() - before);
    }
  }
  for (const { fastest } of theirs) expect(fastest).toBeLessThan(3 * (ours?.fastest ?? 0));
});

test("A realm that is no peer is turned away, and nothing is asked of it.", async () => {
  const reply = await bring(server.url, stranger.delivery("surabaya", [{ text: "palsu" }]));
  expect([reply.status, reply.text]).toEqual([403, errorBody("Realm ini tidak dilayani di sini")]);
  expect(stranger.heard).toEqual([]);
  expect(await inbox()).toEqual(before);
});

test("Clocks may differ by almost five minutes, either way.", async () => {
  for (const created of [now() - 290, now() + 290]) {
    expect((await bring(server.url, malang.delivery("surabaya", [], { created }))).status).toBe(200);
  }
});

test("A captured request gets in once, also where it is shown ten times at the same moment.", async () => {
  const request = malang.delivery("surabaya", [{ text: "tangkapan" }]);
  const logged = server.logs().length;
  const replies = await Promise.all(Array.from({ length: 10 }, () => bring(server.url, request)));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 401)]);
  expect(replies.find(({ status }) => status === 401)?.text).toBe(errorBody("Tanda tangan ditolak"));
  await expect.poll(() => server.logs().slice(logged)).toContain("'replayed'");
  expect(await inbox()).toEqual([...before, "tangkapan"]);
});

test("A captured request that comes after the realm forgot it leaves its message single.", async () => {
  const request = malang.delivery("surabaya", [{ text: "lupa" }]);
  expect((await bring(server.url, request)).status).toBe(200);
  await server.evict(nameOfShard(0));
  const again = await bring(server.url, request);
  expect([again.status, again.text]).toEqual([200, '{"results":[{"state":"delivered"}]}']);
  expect(await inbox()).toEqual([...before, "lupa"]);
});

test("A batch that is sent again in a new request leaves its messages single.", async () => {
  const messages = ["a", "b"].map((text) => ({ uid: `kunci/${text}`, text }));
  for (let n = 0; n < 3; n++) {
    const reply = await bring(server.url, malang.delivery("surabaya", messages));
    expect(JSON.parse(reply.text).results).toEqual([{ state: "delivered" }, { state: "delivered" }]);
  }
  // The same uid of another sender is another message, and so is another realm's.
  await bring(server.url, malang.delivery("surabaya", [{ uid: "kunci/a", from: "dewi@malang", text: "c" }]));
  await bring(server.url, bandung.delivery("surabaya", [{ uid: "kunci/a", text: "d" }]));
  expect(await inbox()).toEqual([...before, "a", "b", "c", "d"]);
});

async function inbox(): Promise<string[]> {
  const reply = await server.command("inbox", { token: budi });
  return (reply.json.data as { text: string }[]).map(({ text }) => text);
}
