import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { limits } from "../limits.ts";
import { closeCodes, subprotocol } from "../protocol/events.ts";
import type { SocketConnection, SocketListener } from "./shard-host.ts";

/** A request that asks for a WebSocket, its connection, and the first bytes after the request. */
export interface UpgradeRequest {
  incoming: IncomingMessage;
  connection: Duplex;
  head: Buffer;
}

/** The WebSockets of this process (RFC 6455). Compression is off: it costs memory for each socket, and frames are short. */
export class LiveSocketServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // A longer frame is refused by its length alone. The shard answers one that is only a little too long.
    maxPayload: 2 * limits.bodyMaxBytes,
    handleProtocols: () => subprotocol,
  });
  readonly #upgrades = new WeakMap<Request, UpgradeRequest & { isAccepted: boolean }>();
  /** Sockets that have not answered the last ping. */
  readonly #silent = new WeakSet<WebSocket>();
  readonly #heartbeat = setInterval(() => this.#ping(), limits.socketPingMs).unref();

  /** Remembers the connection of a request, so that `accept` finds it. */
  offer(request: Request, upgrade: UpgradeRequest): void {
    this.#upgrades.set(request, { ...upgrade, isAccepted: false });
  }

  /** Whether the connection of a request is a WebSocket now, so that it needs no response. */
  isAccepted(request: Request): boolean {
    return this.#upgrades.get(request)?.isAccepted ?? false;
  }

  /** Makes a WebSocket of a request's connection. @param attach passes it to its shard; not called where the handshake is wrong */
  accept(request: Request, attach: (connection: SocketConnection) => SocketListener): void {
    const upgrade = this.#upgrades.get(request);
    if (!upgrade) throw new Error("the request does not ask for a WebSocket");
    upgrade.isAccepted = true;
    const { incoming, connection, head } = upgrade;
    this.#server.handleUpgrade(incoming, connection, head, (socket) => this.#open(socket, attach));
  }

  /** No further ping keeps the process awake. Open sockets are closed by their shards. */
  close(): void {
    clearInterval(this.#heartbeat);
    this.#server.close();
  }

  #open(socket: WebSocket, attach: (connection: SocketConnection) => SocketListener): void {
    const listener = attach(connectionOf(socket));
    socket.on("message", (data, isBinary) => listener.onFrame(frameOf(data, isBinary)));
    socket.on("close", () => listener.onClosed());
    socket.on("pong", () => this.#silent.delete(socket));
    // A frame against the protocol closes the socket with a code; `close` follows.
    socket.on("error", () => {});
  }

  /** Ends the connections that have not answered the last ping: their clients are gone without a word. */
  #ping(): void {
    for (const socket of this.#server.clients) {
      if (this.#silent.has(socket)) socket.terminate();
      else {
        this.#silent.add(socket);
        socket.ping();
      }
    }
  }
}

function connectionOf(socket: WebSocket): SocketConnection {
  return {
    send(text) {
      // A client that does not read would leave everything that is sent to it in this process's memory.
      if (socket.bufferedAmount <= limits.socketBufferMaxBytes) socket.send(text);
      else socket.close(closeCodes.tooSlow, "reads too slowly");
    },
    close: (code, reason) => socket.close(code, reason),
  };
}

/** A frame as text, or as bytes for a binary one. Text was checked to be UTF-8. */
function frameOf(data: RawData, isBinary: boolean): string | ArrayBuffer {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
  if (!isBinary) return bytes.toString();
  return bytes instanceof ArrayBuffer ? bytes : new Uint8Array(bytes).buffer;
}
