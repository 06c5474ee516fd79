import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import { openDeafSocket } from "../support/deaf-socket.ts";
import { megabytes, residentBytes } from "../support/resident-memory.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const mib = 1024 * 1024;
const payload = Buffer.alloc(125, "x");

/** Sends until the server reads no more, has ended the socket, or has had enough. @returns how often */
async function flood(socket: WebSocket, send: (socket: WebSocket) => void, times: number): Promise<number> {
  let sent = 0;
  for (let tries = 0; sent < times && tries < 100 && socket.readyState === socket.OPEN; tries++) {
    for (let n = 0; n < 5_000 && sent < times && socket.bufferedAmount < mib; n++, sent++) send(socket);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return sent;
}

test.each([
  ["text frames `ping`", (socket: WebSocket) => socket.send("ping"), 100_000],
  ["pings of the WebSocket protocol", (socket: WebSocket) => socket.ping(payload), 60_000],
])(
  "8 sockets that send %s and read no answer take bounded memory, and others are served",
  async (what, send, times) => {
    const [token = ""] = await server.seedAccounts(["budi"]);
    const floodAll = async () => {
      const sockets = await Promise.all(Array.from({ length: 8 }, () => openDeafSocket(server.url, token)));
      return { sockets, sent: await Promise.all(sockets.map((socket) => flood(socket, send, times))) };
    };
    // The heaps grow to their usual size with the garbage of the first floods.
    const first = [await floodAll(), await floodAll()].flatMap((each) => each.sockets);
    const before = residentBytes() ?? 0;
    const { sockets, sent } = await floodAll();
    const growth = (residentBytes() ?? 0) - before;
    console.info(`${sent} ${what}: +${megabytes(growth)}`);
    expect(growth).toBeLessThan(500 * mib);
    expect((await server.command("whoami", { token })).status).toBe(200);
    for (const socket of [...first, ...sockets]) socket.terminate();
  },
  120_000,
);
