import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";

/** Servers that fail in all ways in which a peer can. */
export class FaultyServers {
  readonly #servers: Server[] = [];

  /** @returns `http`, the host and port of a server that speaks plain HTTP, and what fails */
  async start() {
    const http = createHttpServer((request, response) => {
      if (request.url === "/redirect") return response.writeHead(302, { location: "/" }).end();
      if (request.url === "/silent") return;
      if (request.url === "/hang-up") return response.destroy();
      if (request.url === "/bad-gzip") return response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip");
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      return setTimeout(() => response.destroy(), 50);
    });
    const noHttp = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.end("this is no HTTP\r\n\r\n"));
    });
    const resetting = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.resetAndDestroy());
    });
    const [httpAt, noHttpAt, resettingAt] = await Promise.all(
      [http, noHttp, resetting].map((each) => this.#listen(each)),
    );
    const closed = await closedAddress();
    /** URLs that fail in the same way on every host, and the problem of each. */
    const failures = [
      [`http://${closed}/`, "connection-failed"],
      [`http://${httpAt}/hang-up`, "connection-failed"],
      [`http://${httpAt}/half`, "connection-failed"],
      [`http://${noHttpAt}/`, "connection-failed"],
      [`http://${resettingAt}/`, "connection-failed"],
      [`http://${httpAt}/bad-gzip`, "invalid-answer"],
    ] as const;
    return { http: httpAt, failures };
  }

  stop(): void {
    for (const server of this.#servers) server.close();
  }

  #listen(server: Server): Promise<string> {
    this.#servers.push(server);
    // A test must not wait for connections that a client keeps.
    server.on("connection", (socket) => socket.unref());
    return listen(server);
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closedAddress(): Promise<string> {
  const server = createServer();
  const address = await listen(server);
  server.close();
  return address;
}
