import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { limits } from "../../src/limits.ts";
import { command } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { openLive } from "../support/live-socket.ts";
import { descendantsOf, isAlive } from "../support/processes.ts";
import { seededRandom } from "../support/seeded-random.ts";

const root = join(import.meta.dirname, "../..");
const fixtures = join(root, "test/fixtures/tls");
const operator = "hanya-untuk-pengujian";
const waitOptions = { timeout: 30_000, interval: 25 };

/** A started server and its output. */
interface Started {
  child: ChildProcess;
  ended: Promise<unknown[]>;
  out: string;
  err: string;
}
const started: Started[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const { child } of started.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ranah-"));
  folders.push(folder);
  return folder;
}

function start(args: string[], env: Record<string, string> = {}, projectFolder = root): Started {
  return run(process.execPath, [join(projectFolder, "src/selfhost/serve.ts"), ...args], env);
}

function run(file: string, args: string[], env: Record<string, string>): Started {
  const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const one: Started = { child, ended: once(child, "exit"), out: "", err: "" };
  child.stdout.on("data", (text) => (one.out += text));
  child.stderr.on("data", (text) => (one.err += text));
  started.push(one);
  return one;
}

/** Resolves when the server has logged that it listens. */
const untilListening = (server: Started) =>
  vi.waitFor(() => expect(server.out, server.err).toMatch(/^Serving .*\n/m), waitOptions);

async function kill({ child, ended }: Started): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

test.for([
  [[], {}, /^Usage: npm run serve -- --data DIR .*\n$/],
  [["--data", "d", "--bind", "::"], {}, /^Usage: npm run serve -- --data DIR .*\n$/],
  [["--data", "d", "--port", "x"], {}, "A port is a whole number from 1 to 65535.\n"],
  [["--data", "d", "--host", "rumah"], {}, /^--host takes an IP address of this machine.*\n$/],
  [["--data", "package.json"], {}, /^\/.*package\.json cannot be used as a data folder: .*\n$/],
  [["--data", "package.json/d"], {}, /^\/.*package\.json\/d cannot be used as a data folder: .*\n$/],
  [
    ["--data", "d"],
    { SHARDS: "17", PEERS: "{}" },
    /^configuration: SHARDS \(must be .*\) cannot be used as given: .*\n$/,
  ],
  [
    ["--data", "d"],
    { OPERATOR_TOKEN: "rahasia" },
    /^configuration: OPERATOR_TOKEN \(must have .*\) cannot be used as given: .*\n$/,
  ],
] as const)("the arguments %j with the variables %j are rejected with one sentence", async ([args, env, sentence]) => {
  const server = start([...args], env);
  expect((await server.ended)[0]).toBe(1);
  expect(server).toMatchObject({ out: "", err: expect.stringMatching(sentence) });
});

test("a port in use and an address of another machine are rejected", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };
  const data = newFolder();
  for (const [host, sentence] of [
    ["127.0.0.1", `Port ${port} is in use: stop the process that listens there, or choose another port.\n`],
    ["203.0.113.1", /^Port \d+ cannot be used \(EADDRNOTAVAIL\)/],
  ] as const) {
    const server = start(["--port", String(port), "--host", host, "--data", data]);
    expect((await server.ended)[0]).toBe(1);
    expect(server).toMatchObject({ out: "", err: expect.stringMatching(sentence) });
  }
  holder.close();
});

test("the server is one process, only its user can read its folder, and the operator token is not stored", async () => {
  const [port, data] = [await freePort(), join(newFolder(), "a", "b")];
  const server = start(["--port", String(port), "--data", data], { REALM: "bandung", OPERATOR_TOKEN: operator });
  await untilListening(server);
  expect(server.out).toBe(`Serving bandung at http://127.0.0.1:${port}; the data is in ${data}.\n`);
  expect(server.err).toBe("");
  const reply = await command(`http://127.0.0.1:${port}`, "rotatekey", { token: operator });
  expect(reply.status).toBe(200);

  const commandLine = readFileSync(`/proc/${server.child.pid}/cmdline`, "utf8");
  expect(commandLine).not.toContain(operator);
  const entries = ["", ...readdirSync(data, { recursive: true, encoding: "utf8" })].map((entry) => join(data, entry));
  expect(entries).toContain(join(data, "bandung/0.sqlite"));
  for (const entry of entries) {
    const stat = statSync(entry);
    expect(stat.mode & 0o077, entry).toBe(0);
    if (stat.isFile()) expect(readFileSync(entry).includes(operator), entry).toBe(false);
  }

  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
});

test("an existing folder that others can open is refused with the command that mends it", async () => {
  const [port, data] = [await freePort(), newFolder()];
  for (const mode of [0o777, 0o750, 0o701]) {
    chmodSync(data, mode);
    const server = start(["--port", String(port), "--data", data]);
    expect((await server.ended)[0]).toBe(1);
    expect(server.err).toContain(`mode ${mode.toString(8)}`);
    expect(server.err).toContain(`chmod 700 '${data}'`);
    expect(readdirSync(data)).toEqual([]);
  }
  chmodSync(data, 0o700);
  const server = start(["--port", String(port), "--data", data]);
  await untilListening(server);
  await kill(server);
});

test("a folder is served by one server at a time, and a killed one does not block the next", async () => {
  const [port, data] = [await freePort(), newFolder()];
  const first = start(["--port", String(port), "--data", data]);
  await untilListening(first);
  const second = start(["--port", String(await freePort()), "--data", data]);
  expect((await second.ended)[0]).toBe(1);
  expect(second).toMatchObject({ out: "", err: `${data} is in use by process ${first.child.pid}.\n` });
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);

  await kill(first);
  // Of two concurrent starts one succeeds.
  const both = await Promise.all([port, await freePort()].map((one) => start(["--port", String(one), "--data", data])));
  await vi.waitFor(() => expect(both.filter(({ child }) => child.exitCode === 1)).toHaveLength(1), waitOptions);
  await untilListening(both.find(({ child }) => child.exitCode === null) as Started);
});

test("stored data survives a kill and a restart with a newer build", async () => {
  const [port, data] = [await freePort(), newFolder()];
  const url = `http://127.0.0.1:${port}`;
  const args = ["--port", String(port), "--data", data];
  const old = start(args);
  await untilListening(old);
  await command(url, "register budi rahasia-budi");
  const { json } = await command(url, "auth budi rahasia-budi");
  const { token } = json.data as { token: string };
  const sent = await command(url, "sendprivate budi sebelum mati", { token });
  expect(sent.json.data).toBe("Pesan terkirim ke budi@surabaya");
  await kill(old);

  const projectFolder = newFolder();
  for (const part of ["src", "wrangler.toml", "package.json", "tsconfig.json"])
    cpSync(join(root, part), join(projectFolder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(projectFolder, "node_modules"));
  const texts = join(projectFolder, "src/protocol/texts.ts");
  writeFileSync(texts, readFileSync(texts, "utf8").replaceAll("Pesan terkirim", "Surat terkirim"));
  await untilListening(start(args, {}, projectFolder));
  expect((await command(url, "inbox", { token })).json.data).toMatchObject([{ id: 1, text: "sebelum mati" }]);
  const again = await command(url, "sendprivate budi sesudah lahir", { token });
  expect(again.headers["message-id"]).toBe("2");
  expect(again.json.data).toBe("Surat terkirim ke budi@surabaya");
});

test("a first start that is killed at any moment needs no repair", async () => {
  const random = seededRandom(20_261_127);
  const [port, data] = [await freePort(), newFolder()];
  const args = ["--port", String(port), "--data", data];
  for (let n = 0; n < 6; n++) {
    const server = start(args);
    await new Promise((resolve) => setTimeout(resolve, 100 + 700 * random()));
    await kill(server);
  }
  await untilListening(start(args));
  const reply = await command(`http://127.0.0.1:${port}`, "register budi rahasia-budi");
  expect(reply.status).toBe(200);
});

test.for([
  ["SIGINT", 1],
  ["SIGTERM", 3],
] as const)(
  "%s answers a long poll and a login that runs, and ends the server of %i shards",
  async ([signal, shards]) => {
    const port = await freePort();
    const server = start(["--port", String(port), "--data", newFolder()], { SHARDS: String(shards) });
    await untilListening(server);
    const url = `http://127.0.0.1:${port}`;
    await command(url, "register budi rahasia-budi");
    const { json } = await command(url, "auth budi rahasia-budi");
    const { token } = json.data as { token: string };
    const live = await openLive(new URL(url), token);
    const waiting = command(url, "inbox wait=20", { token });
    // A hash takes long enough to be still running.
    const hashing = command(url, "register ani rahasia-ani");
    // A later command is answered after the poll has started.
    await command(url, "whoami", { token });
    server.child.kill(signal);
    expect((await waiting).json.data).toEqual([]);
    expect((await hashing).status).toBe(200);
    expect(await server.ended).toEqual([0, null]);
    expect(live.closeCode()).toBe(1001);
  },
);

test("a client that answers no close frame, and one whose upgrade was refused, delay the stop only for a while", async () => {
  const port = await freePort();
  const server = start(["--port", String(port), "--data", newFolder()]);
  await untilListening(server);
  const token = await signUp(port, "budi");
  const upgrade =
    "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
  const deaf = connect(port, "127.0.0.1");
  deaf.write(`GET /live HTTP/1.1\r\n${upgrade}\r\nSec-WebSocket-Protocol: ranah, ${token}\r\n\r\n`);
  expect(String((await once(deaf, "data"))[0])).toMatch(/^HTTP\/1.1 101 /);
  for (const [target, status] of [
    ["http://user:pass@host/live", 400],
    ["http://user:pass@host/", 400],
    ["/live", 426],
    ["/salah", 404],
  ] as const) {
    const refused = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    refused.write(`GET ${target} HTTP/1.1\r\n${upgrade}\r\n\r\n`);
    expect(String((await once(refused, "data"))[0])).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
  const before = Date.now();
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
  expect(Date.now() - before).toBeLessThan(limits.stopGraceMs + 3_000);
  deaf.destroy();
});

test("--cert and --key serve https and wss, and a pair that does not belong together is refused", async () => {
  const tls = (key: string) => ["--cert", join(fixtures, "cert.pem"), "--key", join(fixtures, key)];
  const [port, data] = [await freePort(), newFolder()];
  // OpenSSL itself accepts a key of another type.
  for (const key of ["other-key.pem", "ec-key.pem"]) {
    const wrong = start(["--port", String(port), "--data", data, ...tls(key)]);
    expect((await wrong.ended)[0]).toBe(1);
    expect(wrong).toMatchObject({ out: "", err: expect.stringMatching(/^--cert and --key cannot be used: .*\n$/) });
  }
  const empty = start(["--port", String(port), "--data", data, "--cert", "", "--key", ""]);
  expect((await empty.ended)[0]).toBe(1);
  const half = start(["--port", String(port), "--data", data, ...tls("key.pem").slice(0, 2)]);
  expect((await half.ended)[0]).toBe(1);
  expect(half.err).toBe("--cert and --key belong together: both are files in PEM.\n");

  const server = start(["--port", String(port), "--data", data, ...tls("key.pem")]);
  await untilListening(server);
  expect(server.out).toContain(`https://127.0.0.1:${port}`);
  const ca = readFileSync(join(fixtures, "cert.pem"));
  const [response] = (await once(get(`https://localhost:${port}/healthz`, { ca }), "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  // It has not begun its handshake, and must not delay the stop.
  const silent = connect(port, "127.0.0.1");
  await once(silent, "connect");
  const socket = new WebSocket(`wss://localhost:${port}/live`, ["ranah", "bukan-token"], { ca });
  const [refusal] = (await once(socket, "unexpected-response").then(([, answer]) => [answer])) as [IncomingMessage];
  expect([refusal.statusCode, refusal.headers["error-code"]]).toEqual([401, "token-malformed"]);
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
  silent.destroy();
});

test("a file that is no database is named, and nothing starts", async () => {
  const data = newFolder();
  mkdirSync(join(data, "surabaya"));
  writeFileSync(join(data, "surabaya/0.sqlite"), "no database ".repeat(1_000));
  const server = start(["--data", data, "--port", String(await freePort())]);
  expect((await server.ended)[0]).toBe(1);
  expect(server).toMatchObject({
    out: "",
    err: `The server cannot start: ${data}/surabaya/0.sqlite cannot be opened: file is not a database.\n`,
  });
});

test("a folder of the server that ran on workerd is refused with a sentence", async () => {
  const data = newFolder();
  mkdirSync(join(data, "objects/ranah-realm-shard"), { recursive: true });
  const server = start(["--data", data]);
  expect((await server.ended)[0]).toBe(1);
  expect(server).toMatchObject({
    out: "",
    err: expect.stringMatching(/ was written by an earlier version.*choose another folder\.\n$/),
  });
});

test.for(["SIGTERM", "SIGKILL"] as const)("the server ends when its npm parent gets %s", async (signal) => {
  const port = await freePort();
  const npm = run("npm", ["run", "serve", "--", "--port", String(port), "--data", newFolder()], {});
  await untilListening(npm);
  const pids = descendantsOf(npm.child.pid as number);
  expect(pids.length).toBeGreaterThan(0);
  npm.child.kill(signal);
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), waitOptions);
  await npm.ended;
});

/** Registers an account and logs in. @returns the token */
async function signUp(port: number, name: string): Promise<string> {
  await command(`http://127.0.0.1:${port}`, `register ${name} rahasia-${name}`);
  const { json } = await command(`http://127.0.0.1:${port}`, `auth ${name} rahasia-${name}`);
  return (json.data as { token: string }).token;
}
