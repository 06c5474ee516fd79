import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { closeCodes } from "../../src/protocol/events.ts";
import { openDeafSocket } from "../support/deaf-socket.ts";
import { type LiveSocket, openLive, openSimpleLive } from "../support/live-socket.ts";
import { residentBytes } from "../support/resident-memory.ts";
import { hibernates, useServer } from "../support/test-server.ts";

const server = useServer();
const longText = "x".repeat(60_000);
let count = 0;

async function newAccount(): Promise<{ name: string; token: string }> {
  const name = `pembaca${++count}`;
  const [token = ""] = await server.seedAccounts([name]);
  return { name, token };
}

/** Sends long messages from an account to itself: each comes back as `sent` and as `message`. */
async function sendToSelf({ name, token }: { name: string; token: string }, messages: number): Promise<void> {
  for (let left = messages; left > 0; left -= 16) {
    const response = await fetch(new URL("/commands", server.url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: Array<string>(Math.min(left, 16)).fill(`sendprivate ${name} ${longText}`).join("\n"),
    });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain("ERROR");
  }
}

const bytesOf = (live: LiveSocket) =>
  live.frames.reduce((sum, frame) => sum + Buffer.byteLength(JSON.stringify(frame)), 0);

/** On workerd the client may see no end of its connection; then it knows only that the socket closes. */
const isClosedAsTooSlow = (live: LiveSocket) =>
  live.isClosing() && (live.closeCode() ?? closeCodes.tooSlow) === closeCodes.tooSlow;

describe("a client that does not know pings", () => {
  test("notices nothing while it receives less than 1 MiB", async () => {
    const account = await newAccount();
    const live = await openSimpleLive(server.url, account.token);
    await sendToSelf(account, 8);
    await expect.poll(() => live.events("message").length, { timeout: 10_000 }).toBe(8);
    expect(bytesOf(live)).toBeLessThan(limits.acknowledgeAfterBytes);
    expect(await live.command("whoami")).toMatchObject({ status: "OK" });
    expect(live.events("ping")).toEqual([]);
    expect(live.closeCode()).toBe(null);
    live.close();
  });

  test("is pinged after 1 MiB, and closed with 4408 before it receives more than 2 MiB", async () => {
    const account = await newAccount();
    const live = await openSimpleLive(server.url, account.token);
    await sendToSelf(account, 20);
    await expect.poll(() => isClosedAsTooSlow(live), { timeout: 10_000 }).toBe(true);
    const ping = live.frames.findIndex(({ event }) => event === "ping");
    expect(live.events("ping")).toHaveLength(1);
    const before = { ...live, frames: live.frames.slice(0, ping) };
    expect(bytesOf(before)).toBeGreaterThan(limits.acknowledgeAfterBytes);
    expect(bytesOf(before)).toBeLessThan(limits.acknowledgeAfterBytes + 2 * longText.length);
    expect(bytesOf(live)).toBeLessThanOrEqual(limits.unacknowledgedMaxBytes);
    expect(bytesOf(live)).toBeGreaterThan(limits.unacknowledgedMaxBytes - 2 * longText.length);
  });

  test.runIf(hibernates)("is closed at the same point if the object hibernates meanwhile", async () => {
    const account = await newAccount();
    const live = await openSimpleLive(server.url, account.token);
    await sendToSelf(account, 12);
    await expect.poll(() => live.events("message").length, { timeout: 10_000 }).toBe(12);
    // The bytes of the last frames are saved a moment later.
    await new Promise((resolve) => setTimeout(resolve, 5 * limits.socketSaveDelayMs));
    await server.evict(account.name);
    await sendToSelf(account, 8);
    await expect.poll(() => isClosedAsTooSlow(live), { timeout: 10_000 }).toBe(true);
    // The shard asks anew, because it has forgotten the word.
    expect(live.events("ping")).toHaveLength(2);
    expect(bytesOf(live)).toBeLessThanOrEqual(limits.unacknowledgedMaxBytes);
  });
});

describe("a client that answers pings", () => {
  test("receives any amount of events", async () => {
    const account = await newAccount();
    const live = await openLive(server.url, account.token);
    for (let n = 0; n < 8; n++) {
      await sendToSelf(account, 8);
      await expect.poll(() => live.events("message").length, { timeout: 10_000 }).toBe(8 * (n + 1));
    }
    expect(bytesOf(live)).toBeGreaterThan(3 * limits.unacknowledgedMaxBytes);
    expect(live.closeCode()).toBe(null);
    live.close();
  });

  test("gets the reply of every command that it pipelines, in order, whatever their size", async () => {
    const account = await newAccount();
    await sendToSelf(account, 12);
    const live = await openLive(server.url, account.token);
    const sizes = Array.from({ length: 40 }, (_, n) => (n % 12) + 1);
    for (const size of sizes) live.send(`inbox last=${size}`);
    await expect.poll(() => live.replies().length, { timeout: 30_000 }).toBe(sizes.length);
    expect(live.replies().map(({ data }) => (data as unknown[]).length)).toEqual(sizes);
    expect(live.closeCode()).toBe(null);
    live.close();
  });

  test("can pipeline long messages to itself as fast as it may", async () => {
    const account = await newAccount();
    const live = await openLive(server.url, account.token);
    for (let n = 0; n < 4; n++) {
      for (let k = 0; k < 16; k++) live.send(`sendprivate ${account.name} ${longText}`);
      await expect.poll(() => live.replies().length, { timeout: 20_000 }).toBe(16 * (n + 1));
    }
    await expect.poll(() => live.events("message").length, { timeout: 10_000 }).toBe(64);
    expect(live.closeCode()).toBe(null);
    live.close();
  });
});

test("replies wait until the client has acknowledged, and a wrong word acknowledges nothing", async () => {
  const account = await newAccount();
  await sendToSelf(account, 10);
  const live = await openSimpleLive(server.url, account.token);
  for (let n = 0; n < 10; n++) live.send("inbox last=10");
  live.send("whoami");
  const word = (index: number) => (live.events("ping")[index]?.data as { word?: string } | undefined)?.word;
  for (let answered = 1; answered <= 9; answered++) {
    await expect.poll(() => live.events("ping").length, { timeout: 10_000 }).toBe(answered);
    expect(live.replies()).toHaveLength(answered);
    live.send("pong ");
    live.send(`pong ${crypto.randomUUID()}`);
    if (answered > 1) live.send(`pong ${word(0)}`);
    // It is answered although the commands wait.
    const pongs = live.events("pong").length;
    live.send("ping");
    await expect.poll(() => live.events("pong").length).toBe(pongs + 1);
    expect(live.replies()).toHaveLength(answered);
    live.send(`pong ${word(answered - 1)}`);
  }
  await expect.poll(() => live.replies().length).toBe(11);
  expect(live.replies()[10]).toMatchObject({ data: { user: `${account.name}@surabaya` } });
  live.close();
});

const mib = 1024 * 1024;

test("16 sockets that read nothing take bounded memory for events", async () => {
  const account = await newAccount();
  const others = await newAccount();
  // The first messages grow the caches of the database.
  await sendToSelf(others, 160);
  const sockets = await Promise.all(Array.from({ length: 16 }, () => openDeafSocket(server.url, account.token)));
  const before = residentBytes() ?? 0;
  await sendToSelf(account, 400);
  const growth = (residentBytes() ?? 0) - before;
  console.info(`16 unread sockets, ${(400 * longText.length) / mib} MiB to oneself: +${Math.round(growth / mib)} MiB`);
  // Without a bound: 732 MiB at least.
  expect(growth).toBeLessThan(250 * mib);
  for (const socket of sockets) socket.terminate();
}, 180_000);

test("48 KB of commands whose replies nobody reads take bounded memory and work", async () => {
  const account = await newAccount();
  await sendToSelf(account, 16);
  const sockets = await Promise.all(Array.from({ length: 16 }, () => openDeafSocket(server.url, account.token)));
  const before = residentBytes() ?? 0;
  for (const socket of sockets) for (let n = 0; n < 230; n++) socket.send("inbox last=16");
  let most = before;
  for (let n = 0; n < 50; n++) {
    await server.command("whoami", { token: account.token });
    most = Math.max(most, residentBytes() ?? 0);
  }
  console.info(`48 KB of unread commands: +${Math.round((most - before) / mib)} MiB`);
  // Their replies have 3.5 GiB.
  expect(most - before).toBeLessThan(350 * mib);
  for (const socket of sockets) socket.terminate();
}, 180_000);
