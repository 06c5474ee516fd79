import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { limits } from "../../limits.ts";
import { BridgeConnection, type BridgeDeps } from "./bridge-connection.ts";
import { encodeReply, ownError } from "./tcp-reply.ts";

export interface BridgeServerDeps extends BridgeDeps {
  maxConnections: number;
}

/** Serves the protocol over plain TCP for programs that know no HTTP, and passes it on to a realm. */
export class BridgeServer {
  readonly #deps: BridgeServerDeps;
  readonly #server: Server;
  readonly #connections = new Set<BridgeConnection>();

  constructor(deps: BridgeServerDeps) {
    this.#deps = deps;
    // A client that has sent its last request still waits for the reply, so its half of the connection ends alone.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#accept(socket));
  }

  /** @returns the address that is listened on */
  async listen(host: string, port: number): Promise<string> {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") return `${host}:${port}`;
    return `${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
  }

  /** Accepts nobody more and lets the requests finish that run. */
  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const connection of this.#connections) connection.stop();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, limits.stopGraceMs))]);
  }

  async #accept(socket: Socket): Promise<void> {
    const { maxConnections, language } = this.#deps;
    if (this.#connections.size >= maxConnections)
      return this.#refuse(socket, encodeReply(ownError("too-many-connections", language)));
    const connection = new BridgeConnection(socket, this.#deps);
    this.#connections.add(connection);
    await connection.serve();
    this.#connections.delete(connection);
  }

  #refuse(socket: Socket, reply: Buffer): void {
    socket.on("error", () => socket.destroy());
    socket.end(reply);
    socket.resume();
    setTimeout(() => socket.destroy(), limits.discardMaxMs).unref();
  }
}
