import { beforeAll, describe, expect, test } from "vitest";
import { CliUser, jsonLines, type RunningCli } from "../support/cli.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { processUsage } from "../support/processes.ts";
import { setPassword } from "../support/session.ts";
import { TcpClient } from "../support/tcp-client.ts";
import { surabayaHost, useServer } from "../support/test-server.ts";

const server = useServer();
const user = new CliUser();
let budi: NewAccount;
let ani: NewAccount;

beforeAll(async () => {
  [budi, ani] = [await newAccount(server, "budi"), await newAccount(server, "ani")];
  await setPassword(server, "budi", "rahasia-budi");
});

/** Starts a bridge on a port that the system chooses. It ends with the test. */
async function startBridge(...options: string[]): Promise<{ bridge: RunningCli; port: number }> {
  const to = `http://${surabayaHost}:${server.url.port}`;
  const bridge = user.start(["bridge", "--json", "--listen", "127.0.0.1:0", "--to", to, ...options]);
  await expect.poll(() => bridge.stdout).toContain("\n");
  return { bridge, port: Number(String(jsonLines(bridge.stdout)[0]?.address).split(":").at(-1)) };
}

async function loggedIn(port: number): Promise<TcpClient> {
  const client = new TcpClient(port);
  expect((await client.ask("auth budi rahasia-budi"))[0]?.status).toBe("OK");
  return client;
}

test("a connection is logged in by auth, and by it alone", async () => {
  const { port } = await startBridge();
  const client = await loggedIn(port);
  const [who, wrong] = await client.ask("whoami", "halo");
  expect(who).toMatchObject({ status: "OK", data: { user: "budi@surabaya" } });
  expect(wrong).toEqual({ status: "ERROR", data: "Maaf, command tidak benar", error: "unknown-command" });
  expect(await new TcpClient(port).ask("whoami")).toMatchObject([{ error: "token-missing" }]);
  expect(await client.ask("logout", "whoami")).toMatchObject([{ status: "OK" }, { error: "token-missing" }]);
});

test("requests in one segment, and one request byte by byte, are answered in order", async () => {
  const { port } = await startBridge();
  const client = await loggedIn(port);
  await client.ask(...Array.from({ length: 50 }, (_, index) => `sendprivate ani nomor ${index}`));
  const { json } = await ani.command("inbox last=50");
  expect((json.data as { text: string }[]).map(({ text }) => text)).toEqual(
    Array.from({ length: 50 }, (_, index) => `nomor ${index}`),
  );
  for (const byte of Buffer.from("sendprivate ani é€😀\nbaris dua\r\n")) {
    client.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await client.replies(52)).at(-1)).toMatchObject({ status: "OK", delivery: { state: "delivered" } });
  expect((await ani.command("inbox last=1")).text).toContain('"é€😀\\nbaris dua"');
});

test("a reply is ASCII and one segment", async () => {
  const { port } = await startBridge();
  const client = await loggedIn(port);
  await ani.command("sendprivate budi é€😀\u2028");
  client.segments.length = 0;
  await client.ask("inbox last=1");
  expect(client.segments).toHaveLength(1);
  const text = client.segments[0]?.toString("latin1") ?? "";
  expect(text).toContain('"\\u00e9\\u20ac\\ud83d\\ude00\\u2028"');
  expect(text).toMatch(/^[ -~]+\r\n\r\n$/);
});

test("the last request before the end of the input is answered", async () => {
  const { port } = await startBridge();
  const client = new TcpClient(port);
  client.socket.end("halo\r\nhelp auth\r\n");
  await client.closed();
  expect(client.texts).toHaveLength(2);
});

test("a line without an end is not carried out, and the client is told", async () => {
  const { port } = await startBridge();
  const client = await loggedIn(port);
  client.socket.end("sendprivate ani setengah");
  expect((await client.replies(2))[1]?.error).toBe("incomplete-request");
  await client.closed();
  expect((await ani.command("inbox last=1")).text).not.toContain("setengah");
});

test("with --lf a bare LF ends a request, too", async () => {
  const { port } = await startBridge("--lf");
  const client = new TcpClient(port);
  client.write("halo\nhelp auth\r\n");
  expect((await client.replies(2)).map(({ status }) => status)).toEqual(["ERROR", "OK"]);
});

test("a line that is too long, bytes that are not UTF-8, and an idle connection get an error", async () => {
  const { port } = await startBridge("--idle", "500ms");
  const [long, endless, binary, idle] = [1, 2, 3, 4].map(() => new TcpClient(port));
  long?.write(`sendprivate ani ${"x".repeat(70_000)}\r\n`);
  endless?.write("x".repeat(200_000));
  binary?.write(Uint8Array.of(...Buffer.from("help "), 0xff, 0x0d, 0x0a));
  expect((await long?.replies(1))?.[0]?.error).toBe("body-too-large");
  expect((await endless?.replies(1))?.[0]?.error).toBe("body-too-large");
  expect((await binary?.replies(1))?.[0]?.error).toBe("not-utf8");
  const dripping = setInterval(() => idle?.write("x"), 50);
  expect((await idle?.replies(1))?.[0]?.error).toBe("connection-idle");
  clearInterval(dripping);
  await Promise.all([long, endless, idle].map((client) => client?.closed()));
});

test("a connection above the maximum is told so, and the others are served", async () => {
  const { port } = await startBridge("--max-connections", "2");
  const [first, second] = [new TcpClient(port), new TcpClient(port)];
  await Promise.all([first.ask("halo"), second.ask("halo")]);
  const third = new TcpClient(port);
  expect((await third.replies(1))[0]?.error).toBe("too-many-connections");
  await third.closed();
  expect((await second.ask("halo"))[0]?.error).toBe("unknown-command");
});

test("a realm that is away is an error of the request, and the connection stays", async () => {
  const bridge = user.start(["bridge", "--json", "--listen", "127.0.0.1:0", "--to", "http://127.0.0.1:1"]);
  await expect.poll(() => bridge.stdout).toContain("\n");
  const client = new TcpClient(Number(String(jsonLines(bridge.stdout)[0]?.address).split(":").at(-1)));
  expect(await client.ask("halo", "halo")).toMatchObject([{ error: "unavailable" }, { error: "unavailable" }]);
});

test("a request whose answer is lost is not sent again, also over a connection that was used before", async () => {
  const proxy = new FaultyProxy(server.url);
  const { port } = await startBridge("--to", `http://${surabayaHost}:${await proxy.listen()}`);
  const client = await loggedIn(port);
  proxy.fault = "cut-reply";
  expect((await client.ask("sendprivate ani hanya sekali"))[0]?.error).toBe("unavailable");
  proxy.close();
  const { json } = await ani.command("inbox");
  expect((json.data as { text: string }[]).filter(({ text }) => text === "hanya sekali")).toHaveLength(1);
});

test("SIGTERM lets a request finish and then closes its connection", async () => {
  const { bridge, port } = await startBridge();
  const client = await loggedIn(port);
  client.write("inbox after=999999 wait=2\r\n");
  await expect.poll(() => client.socket.bytesWritten).toBeGreaterThan(40);
  bridge.child.kill("SIGTERM");
  const idle = new TcpClient(port);
  expect((await client.replies(2))[1]).toEqual({ status: "OK", data: [] });
  await Promise.all([client.closed(), idle.closed()]);
  expect((await bridge.ended).code).toBe(143);
});

test("1,000 connections are served at once, and their memory stays bounded", async () => {
  const { bridge, port } = await startBridge();
  const clients = Array.from({ length: 1_000 }, () => new TcpClient(port));
  await Promise.all(clients.map((client) => client.ask("help auth")));
  const replies = await Promise.all(clients.map((client) => client.ask("halo", "help auth")));
  expect(replies.every(([first, second]) => first?.status === "ERROR" && second?.status === "OK")).toBe(true);
  const { residentMb } = processUsage(bridge.child.pid ?? 0);
  expect(residentMb).toBeLessThan(400);
});

test("a client that does not read its replies holds up nobody but itself", async () => {
  const { port } = await startBridge();
  const [greedy, other] = [await loggedIn(port), await loggedIn(port)];
  greedy.socket.pause();
  greedy.write("help\r\n".repeat(1_000));
  for (let index = 0; index < 20; index++) expect((await other.ask("halo"))[0]?.status).toBe("ERROR");
  greedy.socket.resume();
  expect((await greedy.replies(1_001)).length).toBe(1_001);
});

describe("with the dialect of older programs", () => {
  test("the token is the second word, and replies have the members of all of them", async () => {
    const { port } = await startBridge("--dialect", "progjar");
    const login = (await new TcpClient(port).ask("auth budi rahasia-budi "))[0];
    expect(login).toMatchObject({ status: "OK", realm_id: "surabaya", data: { user: "budi@surabaya" } });
    expect(login?.tokenid).toBe(login?.token_id);
    const token = login?.tokenid ?? "";

    // The programs send two spaces before a message, and one at the end of a line.
    const client = new TcpClient(port);
    const [sent, again, group, toGroup] = await client.ask(
      `sendprivate ${token} ani  halo  dunia `,
      `send ${token} budi apa kabar`,
      `creategroup ${token} tim `,
      `sendgroup ${token} tim  halo tim `,
    );
    expect(sent).toMatchObject({ status: "OK", message: "Pesan terkirim ke ani@surabaya" });
    for (const reply of [again, group, toGroup]) expect(reply?.status).toBe("OK");
    expect((await ani.command("inbox last=1")).text).toContain('"text":"halo  dunia"');

    await ani.command("sendprivate budi dari ani");
    const [inbox, peer, inboxgroup, empty] = await client.ask(
      `inbox ${token}`,
      `inbox ${token} ani`,
      `inboxgroup ${token} tim `,
      `inbox ${token} siti`,
    );
    expect(inbox?.messages).toMatchObject({
      "ani@surabaya": expect.arrayContaining([{ msg_from: "ani@surabaya", msg_to: "budi@surabaya", msg: "dari ani" }]),
      "budi@surabaya": [{ msg_from: "budi@surabaya", msg_to: "budi@surabaya", msg: "apa kabar" }],
    });
    expect(peer?.messages).toEqual(expect.arrayContaining([{ sender: "ani@surabaya", message: "dari ani" }]));
    expect(inboxgroup?.messages).toEqual([{ sender: "budi@surabaya", message: "halo tim" }]);
    expect([inbox?.realm_id, empty?.messages]).toEqual(["surabaya", []]);
  });

  test("a token in a line logs nobody in; auth does", async () => {
    const { port } = await startBridge("--dialect", "progjar");
    const client = new TcpClient(port);
    const [reply] = await client.ask(`inbox ${budi.token}`, "creategroup tanpa-login");
    expect(reply?.status).toBe("OK");
    expect((await client.replies(2))[1]).toMatchObject({ error: "token-missing", message: expect.any(String) });
    await client.ask("auth budi rahasia-budi");
    expect(await client.ask("creategroup dengan-login", "inboxgroup dengan-login")).toMatchObject([
      { status: "OK" },
      { status: "OK", messages: [] },
    ]);
  });

  test("register keeps its first two words, and errors carry their text as message", async () => {
    const { port } = await startBridge("--dialect", "progjar");
    const client = new TcpClient(port);
    const [registered, again, unknown, badToken] = await client.ask(
      "register  dewi rahasia-dewi Indonesia Dewi Lestari",
      "register dewi rahasia-dewi",
      "halo",
      "inbox rnh_budi_salah",
    );
    expect(registered?.message).toBe("Pengguna dewi terdaftar");
    expect(again).toMatchObject({ status: "ERROR", message: "Nama pengguna dewi sudah dipakai" });
    expect(unknown).toMatchObject({ data: "Maaf, command tidak benar", message: "Maaf, command tidak benar" });
    expect(badToken?.error).toBe("token-malformed");
  });
});

test("the check passes through the bridge", async () => {
  const { port } = await startBridge();
  const { code, stdout } = await user.run(["check", `tcp://127.0.0.1:${port}`, "--json"]);
  const results = jsonLines(stdout);
  expect(results.filter(({ state }) => state === "failed")).toEqual([]);
  expect(code).toBe(0);
  // The others are about HTTP, sockets and a second realm, and are skipped.
  expect(results.filter(({ state }) => state === "passed").length).toBeGreaterThan(150);
});
