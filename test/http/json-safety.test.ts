import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { sendRequest } from "../support/command.ts";
import { FakePeer } from "../support/fake-peer.ts";
import { useServer } from "../support/test-server.ts";

const bandung = new FakePeer("bandung");
await bandung.start();
afterAll(() => bandung.stop());
const server = useServer({ PEERS: JSON.stringify({ bandung: bandung.origin }), LOCAL_PEERS: "yes" });

const codes = (from: number, to: number) =>
  String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, n) => from + n));
/** What a terminal obeys, and what turns the direction or the line of a text. */
const unsafe = `${codes(0x7f, 0x9f)}${codes(0x2028, 0x202e)}${codes(0x2066, 0x2069)}\u200e\u200f\u061c`;
const text = `\u001b]0;judul\u0007 ${unsafe} é 👩🏽‍🚀`;
let budi = "";

beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
  await server.command("creategroup tim", { token: budi });
});

const liveUrl = () => String(new URL("/live?after=0", server.url)).replace(/^http/, "ws");

/** A raw text that has none of the characters, and the texts of its messages once it is parsed. */
function expectSafe(raw: string, where: string, times = 1): void {
  const found = [...raw].filter((char) => unsafe.includes(char) || (char < " " && !"\r\n".includes(char)));
  expect([where, found]).toEqual([where, []]);
  const escaped = JSON.stringify(text).slice(1, -1);
  const parsed = raw.replace(/\\u(?!d[89a-f])([0-9a-f]{4})/g, (whole, hex) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return unsafe.includes(char) ? char : whole;
  });
  expect([where, parsed.split(escaped).length - 1]).toEqual([where, times]);
}

test("no reply, event or request to a peer has a raw character that a terminal or an editor obeys", async () => {
  const socket = new WebSocket(liveUrl(), ["ranah", budi]);
  const frames: string[] = [];
  socket.on("message", (data) => frames.push(String(data)));
  await once(socket, "open");
  const ask = async (line: string) => (await server.command(line, { token: budi })).text;
  for (const to of ["sendprivate budi", "sendgroup tim", "sendprivate key=jauh rina@bandung"])
    await ask(`${to} ${text}`);

  for (const line of ["inbox", "thread budi", "threads", "inboxgroup tim", "status 1", "status jauh"]) {
    expectSafe(await ask(line), line, line === "threads" ? 2 : 1);
  }
  expectSafe(await ask("sent"), "sent", 3);
  const bulk = await sendRequest(new URL("/commands", server.url), "POST", "inbox\nsent\n", {
    authorization: `Bearer ${budi}`,
  });
  expectSafe(bulk.text, "bulk", 4);

  socket.send("inbox");
  await expect.poll(() => frames.filter((frame) => frame.includes('"text"')).length).toBeGreaterThanOrEqual(5);
  for (const frame of frames.filter((one) => one.includes('"text"'))) expectSafe(frame, frame.slice(0, 20));

  const delivered = bandung.requests.find(({ path }) => path === "/federation/deliver");
  expectSafe(delivered?.body ?? "", "delivery");

  // An error that repeats a word of the client.
  expect(await ask(`inbox x${unsafe.slice(0, 33)}=`)).not.toMatch(/[\x7f-\x9f]/);
  socket.terminate();
});

test("a history that takes several chunks, and its backfill, are as safe", async () => {
  const [token = ""] = await server.seedAccounts(["arsip"]);
  const lines = Array.from({ length: 300 }, () => `sendprivate arsip ${text.replace("\n", "")}`);
  await sendRequest(new URL("/commands", server.url), "POST", lines.join("\n"), { authorization: `Bearer ${token}` });
  const { text: inbox } = await server.command("inbox", { token });
  expectSafe(inbox, "inbox", 300);
  const socket = new WebSocket(liveUrl(), ["ranah", token]);
  const frames: string[] = [];
  socket.on("message", (data) => frames.push(String(data)));
  await expect.poll(() => frames.some((frame) => frame.includes('"event":"live"')), { timeout: 20_000 }).toBe(true);
  const messages = frames.filter((frame) => frame.includes('"event":"message"'));
  expect(messages).toHaveLength(300);
  for (const frame of messages) expectSafe(frame, "backfill");
  socket.terminate();
});

test("a group that a peer reads is as safe", async () => {
  const [owner = ""] = await server.seedAccounts(["ketua"]);
  await server.command("creategroup jauh", { token: owner });
  await server.command(`sendgroup jauh ${text}`, { token: owner });
  const body = JSON.stringify({ kind: "read-group", group: "jauh@surabaya", by: "rina@bandung", page: {} });
  const request = bandung.signedRequest("/federation/query", body, "surabaya");
  const reply = await sendRequest(new URL(request.path, server.url), request.method, request.body, request.headers);
  expect(reply.status).toBe(200);
  expectSafe(reply.text, "query");
});
