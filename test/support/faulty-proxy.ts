import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export type Fault = "none" | "cut-reply" | "refuse" | "silent";

/** A TCP proxy in front of a server that breaks connections as a bad network does. */
export class FaultyProxy {
  fault: Fault = "none";
  /** Connections that were accepted. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: URL) {
    this.#server = createServer((client) => this.#accept(client, target));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Ends every connection without a word. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cutAll();
    this.#server.close();
  }

  #accept(client: Socket, target: URL): void {
    this.connections += 1;
    this.#keep(client);
    if (this.fault === "refuse") return void client.destroy();
    if (this.fault === "silent") return;
    const upstream = connect(Number(target.port), target.hostname);
    this.#keep(upstream);
    client.pipe(upstream);
    upstream.on("end", () => client.end());
    upstream.on("data", (bytes) => {
      if (this.fault !== "cut-reply") return void client.write(bytes);
      // The server has carried the request out. Its answer is lost.
      client.destroy();
      upstream.destroy();
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
