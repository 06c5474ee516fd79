import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll } from "vitest";

/** What the proxy does with WebSockets. */
export type SocketFault =
  | "none"
  /** It answers 502. */
  | "refused"
  /** It answers nothing. */
  | "hanging"
  /** It accepts the socket and lets no frame through. */
  | "swallowed";

/** A proxy between a browser and a server, as bad as those in hotels and offices. */
export class FaultyProxy {
  sockets: SocketFault = "none";
  /** It answers every request with a redirection to its login page. */
  isCaptive = false;
  readonly #connections = new Set<Duplex>();
  readonly #server: Server;
  #target = 0;

  constructor() {
    this.#server = createServer((incoming, answer) => this.#forward(incoming, answer));
    this.#server.on("upgrade", (incoming: IncomingMessage, socket: Duplex) => this.#upgrade(incoming, socket));
  }

  /** @param target the server, which listens on this machine */
  async start(target: URL): Promise<void> {
    this.#target = Number(target.port);
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  /** From now on no byte passes on the open sockets, and neither side is told. */
  freeze(): void {
    for (const connection of this.#connections) connection.unpipe().pause();
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    if (this.isCaptive) {
      answer.writeHead(302, { location: "http://wifi.example/login" }).end();
      return;
    }
    const { method = "", url: path = "", headers } = incoming;
    const options = { host: "127.0.0.1", port: this.#target, method, path, headers };
    const forwarded = request(options, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    forwarded.on("error", () => answer.destroy());
    answer.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  }

  #upgrade({ method, url, rawHeaders, headers }: IncomingMessage, socket: Duplex): void {
    this.#keep(socket);
    if (this.isCaptive || this.sockets === "refused")
      socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    else if (this.sockets === "swallowed") socket.write(accepting(headers["sec-websocket-key"] ?? ""));
    else if (this.sockets === "none") {
      const server = this.#keep(connect(this.#target, "127.0.0.1"));
      const lines = rawHeaders.flatMap((name, n) => (n % 2 === 0 ? [`${name}: ${rawHeaders[n + 1]}`] : []));
      server.write([`${method} ${url} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
      socket.pipe(server).pipe(socket);
    }
  }

  #keep<Connection extends Duplex>(connection: Connection): Connection {
    this.#connections.add(connection);
    connection.on("close", () => this.#connections.delete(connection));
    connection.on("error", () => connection.destroy());
    return connection;
  }
}

/** The answer to an opening handshake (RFC 6455, section 4.2.2). */
function accepting(key: string): string {
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const headers = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Protocol: ranah"];
  return ["HTTP/1.1 101 Switching Protocols", ...headers, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n");
}

/** A proxy for the tests of a file. @param targetOf the server, once it runs */
export function useFaultyProxy(targetOf: () => URL): FaultyProxy {
  const proxy = new FaultyProxy();
  beforeAll(() => proxy.start(targetOf()));
  afterAll(() => proxy.stop());
  return proxy;
}
