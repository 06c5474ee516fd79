import type { Socket } from "node:net";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import { limits } from "../../src/limits.ts";
import { closeCodes } from "../../src/protocol/events.ts";
import { openDeafSocket } from "../support/deaf-socket.ts";
import { type LiveSocket, openLive, openSimpleLive } from "../support/live-socket.ts";
import { openSession } from "../support/session.ts";
import { hibernates, useServer } from "../support/test-server.ts";

const server = useServer();
let count = 0;

async function newAccount(): Promise<{ name: string; token: string }> {
  const name = `tidur${++count}`;
  const [token = ""] = await server.seedAccounts([name]);
  return { name, token };
}

/** Opens so many sockets one after another. */
async function openMany(token: string, many: number): Promise<LiveSocket[]> {
  const sockets: LiveSocket[] = [];
  for (let n = 0; n < many; n++) {
    const live = await openSimpleLive(server.url, token);
    // The next one is later by the clock of the server, too.
    await live.command("whoami");
    sockets.push(live);
  }
  return sockets;
}

/** A ping is answered by the runtime or by the shard. Either way the socket has been heard. */
async function ping(live: LiveSocket): Promise<void> {
  const pongs = live.events("pong").length;
  live.send("ping");
  await expect.poll(() => live.events("pong").length).toBe(pongs + 1);
  expect(live.events("pong").at(-1)).toEqual({ event: "pong", data: null });
}

test("the 17th socket of an account is opened, and the one that was silent longest is closed with 4409", async () => {
  const { name, token } = await newAccount();
  const open = await openMany(token, limits.socketsPerAccount);
  // The first has spoken, the second has only pinged: the third is now the most silent.
  await open[0]?.command("whoami");
  if (open[1]) await ping(open[1]);
  if (hibernates) {
    await new Promise((resolve) => setTimeout(resolve, 5 * limits.socketSaveDelayMs));
    await server.evict(name);
  }
  const newest = await openLive(server.url, token);
  await expect.poll(() => open[2]?.closeCode()).toBe(closeCodes.replaced);
  expect(open[2]?.closeReason()).toBe("replaced by a newer socket");
  expect(await newest.command("whoami")).toMatchObject({ status: "OK" });
  await server.command(`sendprivate ${name} halo`, { token });
  const others = [...open.filter((live) => live !== open[2]), newest];
  for (const live of others) {
    await expect.poll(() => live.events("message").length).toBe(1);
    live.close();
  }
  expect(open[2]?.events("message")).toEqual([]);
});

test("sockets that are asleep keep no place: new ones are opened at once, also after a logout and a new login", async () => {
  const { name, token } = await newAccount();
  const asleep = await Promise.all(
    Array.from({ length: limits.socketsPerAccount }, () => openDeafSocket(server.url, token)),
  );
  const live = await openLive(server.url, token);
  expect(await live.command("logout all=yes")).toMatchObject({ status: "OK" });
  const again = await openSession(server, name);
  const open = await Promise.all(Array.from({ length: limits.socketsPerAccount }, () => openLive(server.url, again)));
  await server.command(`sendprivate ${name} halo`, { token: again });
  for (const socket of open) {
    await expect.poll(() => socket.events("message").length).toBe(1);
    socket.close();
  }
  for (const socket of asleep) socket.terminate();
});

test("sockets whose close is never answered are counted until they are gone", async () => {
  const { token } = await newAccount();
  const many = limits.socketsPerAccount + limits.closingSocketsPerAccount;
  const asleep: WebSocket[] = [];
  // Each is asleep before the next one replaces another.
  for (let n = 0; n < many; n++) asleep.push(await openDeafSocket(server.url, token));
  const isRefused = () =>
    openLive(server.url, token).then(
      (live) => {
        live.close();
        return false;
      },
      () => true,
    );
  expect(await isRefused()).toBe(true);
  for (const socket of asleep) socket.terminate();
  await expect.poll(isRefused, { timeout: 10_000 }).toBe(false);
}, 120_000);

test("a client that breaks off without a word is replaced like one that sleeps", async () => {
  const { token } = await newAccount();
  for (let n = 0; n < 2 * limits.socketsPerAccount; n++) {
    const socket = await openDeafSocket(server.url, token);
    const connection: Socket | undefined = Reflect.get(socket, "_socket");
    connection?.destroy();
  }
  const live = await openLive(server.url, token);
  expect(await live.command("whoami")).toMatchObject({ status: "OK" });
  live.close();
});
