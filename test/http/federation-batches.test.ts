import { afterAll, beforeAll, expect, test } from "vitest";
import { errorBody } from "../support/command.ts";
import { FakePeer, sendSigned, type WireMessage } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
let budi: string;

beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
  await server.command("creategroup tim", { token: budi });
});
afterAll(() => malang.stop());

const deliver = (messages: Partial<WireMessage>[]) =>
  sendSigned(server.url, malang.signedDelivery("surabaya", messages));
const inbox = async () =>
  (await server.command("inbox", { token: budi })).json.data as { from: string; text: string; time: string }[];

test("each message of a batch gets its own result in order, and a rejected one does not stop the others", async () => {
  const logged = server.logs().length;
  const reply = await deliver([
    { text: "satu" },
    { from: "rina@bandung" },
    { from: "budi@surabaya" },
    { to: "budi@jakarta" },
    { to: "budi@bandung" },
    { to: "nihil@surabaya" },
    { to: "sistem@surabaya" },
    { kind: "group", to: "tim@surabaya", text: "halo tim" },
    { kind: "group", to: "nihil@surabaya" },
    { text: "" },
    { text: "x".repeat(65_537) },
    { text: "setengah \ud83d" },
    { text: "\udc4bsetengah" },
    { text: `${"é".repeat(32_768)}` },
    { to: "BUDI@Surabaya", from: "RINA@Malang", text: "dua" },
  ]);
  const failed = (reason: string) => ({ state: "failed", reason });
  const ok = { state: "delivered" };
  expect(JSON.parse(reply.text)).toEqual({
    results: [
      ok,
      ...Array.from({ length: 4 }, () => failed("refused")),
      failed("no-such-user"),
      failed("no-such-user"),
      { ...ok, id: 1 },
      failed("no-such-group"),
      failed("unprocessable"),
      failed("too-large"),
      failed("unprocessable"),
      failed("unprocessable"),
      ok,
      ok,
    ],
  });
  expect((await inbox()).map(({ from, text }) => [from, text.slice(0, 5)])).toEqual([
    ["rina@malang", "satu"],
    ["rina@malang", "ééééé"],
    ["rina@malang", "dua"],
  ]);
  const group = await server.command("inboxgroup tim", { token: budi });
  expect(group.json.data).toMatchObject([{ id: 1, from: "rina@malang", text: "halo tim" }]);
  await expect.poll(() => server.logs().slice(logged)).toContain("peer-item-rejected");
  expect(server.logs().slice(logged)).not.toMatch(/satu|halo tim|ééé/);
});

test("a batch of 50 messages is accepted, and one of 51 is rejected as a whole", async () => {
  const before = (await inbox()).length;
  const batch = (size: number) => Array.from({ length: size }, (_, n) => ({ text: `pesan ${n}` }));
  const tooMany = await deliver(batch(51));
  expect([tooMany.status, tooMany.text]).toEqual([413, errorBody("Terlalu banyak pesan dalam satu request")]);
  expect((await inbox()).length).toBe(before);
  const fits = await deliver(batch(50));
  expect(JSON.parse(fits.text).results).toEqual(Array.from({ length: 50 }, () => ({ state: "delivered" })));
  expect((await inbox()).slice(before).map(({ text }) => text)).toEqual(batch(50).map(({ text }) => text));
});

test("a future time becomes the time of arrival, and a past time is kept", async () => {
  const before = (await inbox()).length;
  await deliver([{ time: new Date(Date.now() + 3_600_000).toISOString() }, { time: "2026-01-02T03:04:05.678Z" }]);
  const [early, old] = (await inbox()).slice(before);
  expect(Date.parse(early?.time ?? "")).toBeLessThanOrEqual(Date.now());
  expect(old?.time).toBe("2026-01-02T03:04:05.678Z");
});

test("a time before 1970 becomes the start of 1970, which every realm can parse", async () => {
  const times = ["0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z"];
  expect((await deliver(times.map((time) => ({ text: "purba", time })))).text).not.toContain("failed");
  const ancient = (await inbox()).filter(({ text }) => text === "purba");
  expect(ancient.map(({ time }) => time)).toEqual(times.map(() => "1970-01-01T00:00:00.000Z"));
});

test("a uid of visible ASCII up to 66 characters identifies a message", async () => {
  const before = (await inbox()).length;
  const uids = ["1", "!~", "x".repeat(66), '"\\', crypto.randomUUID(), crypto.randomUUID().toUpperCase()];
  for (let n = 0; n < 2; n++) {
    const reply = await deliver(uids.map((uid) => ({ uid, text: "berapa pun" })));
    expect(JSON.parse(reply.text).results).toEqual(uids.map(() => ({ state: "delivered" })));
  }
  expect((await inbox()).length).toBe(before + uids.length);
});

const good = JSON.parse(malang.signedDelivery("surabaya", [{}]).body).messages[0];
const bodies: [what: string, body: string][] = [
  ["an empty body", ""],
  ["plain text", "halo"],
  ["truncated JSON", '{"messages":['],
  ["null", "null"],
  ["an array", "[]"],
  ["an object without messages", "{}"],
  ["messages that are not an array", '{"messages":{}}'],
  ["a message that is null", '{"messages":[null]}'],
  ["a million open brackets", "[".repeat(1_000_000)],
  ["a message of an unknown kind", altered({ kind: "siaran" })],
  ["an empty uid", altered({ uid: "" })],
  ["a uid with a space", altered({ uid: "k/a b" })],
  ["a uid beyond ASCII", altered({ uid: "é" })],
  ["a uid of 67 characters", altered({ uid: "x".repeat(67) })],
  ["a sender without a realm", altered({ from: "rina" })],
  ["a sender that is not an address", altered({ from: "@malang" })],
  ["a text that is a number", altered({ text: 7 })],
  ["an invalid time", altered({ time: "kemarin" })],
  ["a time that is a number", altered({ time: 0 })],
];
test.for(bodies)("a delivery of %s is rejected with 400 and stores nothing", async ([, body]) => {
  const before = (await inbox()).length;
  const reply = await sendSigned(server.url, malang.signedRequest("/federation/deliver", body, "surabaya"));
  expect([reply.status, reply.headers["error-code"]]).toEqual([400, "bad-federation-request"]);
  expect(reply.text).toBe(errorBody("Isi request antar-realm tidak sah"));
  expect((await inbox()).length).toBe(before);
});

const times = [
  "2026-01-01T00:00:00.000+23",
  "2026-01-01T00:00:00-2359",
  "2026-02-31T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "2026-01-01 00:00:00Z",
];
test.for(times)("a message with the time %s is accepted or rejected, and the inbox stays readable", async (time) => {
  const reply = await deliver([{ time }, { text: "sesudahnya" }]);
  expect([200, 400]).toContain(reply.status);
  for (const message of await inbox()) expect(message.time).toMatch(/^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("a delivery of more than 2 MiB is rejected", async () => {
  const reply = await sendSigned(
    server.url,
    malang.signedRequest("/federation/deliver", "x".repeat(2 ** 21 + 1), "surabaya"),
  );
  expect([reply.status, reply.headers["error-code"]]).toEqual([413, "body-too-large"]);
});

test("a query for another realm's group or on behalf of another realm's user is rejected", async () => {
  for (const query of [
    { group: "tim@surabaya", by: "rina@bandung" },
    { group: "tim@surabaya", by: "budi@surabaya" },
    { group: "tim@jakarta", by: "rina@malang" },
  ]) {
    const body = JSON.stringify({ kind: "read-group", page: {}, ...query });
    const reply = await sendSigned(server.url, malang.signedRequest("/federation/query", body, "surabaya"));
    expect([reply.status, reply.headers["error-code"]]).toEqual([403, "peer-refused"]);
  }
  const honest = JSON.stringify({ kind: "read-group", page: { last: 1 }, group: "tim@surabaya", by: "rina@malang" });
  const reply = await sendSigned(server.url, malang.signedRequest("/federation/query", honest, "surabaya"));
  expect(JSON.parse(reply.text)).toMatchObject({ ok: true, rows: [{ id: 1, text: "halo tim" }], rest: null });
});

function altered(change: object): string {
  return JSON.stringify({ messages: [{ ...good, ...change }] });
}
