import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A free port below the range that systems assign to outgoing connections. A port in that range could be taken by a client
 * connection of another test while the server that owns it is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer().listen(port, "127.0.0.1");
    if (!(await once(server, "listening").catch(() => null))) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
