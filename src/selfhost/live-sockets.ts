import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { limits } from "../limits.ts";
import { subprotocol } from "../protocol/events.ts";
import type { Failure } from "../protocol/replies.ts";
import type { SocketConnection, SocketListener } from "./shard-host.ts";

/** A request that asks for a WebSocket, its connection, and the first bytes after the request. */
export interface UpgradeRequest {
  incoming: IncomingMessage;
  connection: Duplex;
  head: Buffer;
}

/** Opens a socket at its shard. @returns what the connection reports to, or why there is no socket */
export type OpenAtShard = (connection: SocketConnection) => Promise<SocketListener | Failure>;

const options = {
  noServer: true,
  perMessageDeflate: false,
  // A longer frame is refused by its length alone. The shard answers one that is only a little too long.
  maxPayload: 2 * limits.bodyMaxBytes,
  // The types of `ws` lack it.
  closeTimeout: limits.socketCloseMs,
  handleProtocols: () => subprotocol,
};

/** The WebSockets of this process (RFC 6455). Compression is off: it costs memory for each socket, and frames are short. */
export class LiveSocketServer {
  readonly #server = new WebSocketServer(options);
  /** Sockets that have not answered the last ping. */
  readonly #awaitingPong = new WeakSet<WebSocket>();
  readonly #heartbeat = setInterval(() => this.#ping(), limits.socketPingMs).unref();

  /** Answers the request and makes its connection a WebSocket. @returns why there is none; null: the request is answered */
  async open({ incoming, connection, head }: UpgradeRequest, openAtShard: OpenAtShard): Promise<Failure | null> {
    const pending = new PendingConnection();
    const listener = await openAtShard(pending);
    if ("kind" in listener) return listener;
    let isOpen = false;
    this.#server.handleUpgrade(incoming, connection, head, (socket) => {
      isOpen = true;
      this.#listen(socket, listener);
      pending.open(socket);
    });
    // The client has left meanwhile, or its handshake is wrong, which `ws` has answered.
    if (!isOpen) listener.onClosed();
    return null;
  }

  /** Accepts no more. */
  close(): void {
    clearInterval(this.#heartbeat);
    this.#server.close();
  }

  #listen(socket: WebSocket, listener: SocketListener): void {
    socket.on("message", (data, isBinary) => {
      // A client that was told to go may still send.
      if (socket.readyState === socket.OPEN) listener.onFrame(frameOf(data, isBinary));
    });
    socket.on("close", () => listener.onClosed());
    socket.on("pong", () => this.#awaitingPong.delete(socket));
    // `ws` answers each ping, and a client that does not read leaves the answers in this process's memory.
    socket.on("ping", () => cutIfBehind(socket));
    // A frame against the protocol closes the socket with a code; `close` follows.
    socket.on("error", () => {});
  }

  /** Ends the connections that have not answered the last ping: their clients are gone without a word. */
  #ping(): void {
    for (const socket of this.#server.clients) {
      if (this.#awaitingPong.has(socket)) socket.terminate();
      else {
        this.#awaitingPong.add(socket);
        socket.ping();
      }
    }
  }
}

/** A connection that its shard may use before the client is answered: what is sent waits for that. */
class PendingConnection implements SocketConnection {
  #waiting: ((socket: WebSocket) => void)[] | null = [];
  #socket: WebSocket | null = null;
  #unsentFrames = 0;
  readonly #onSent = () => {
    this.#unsentFrames--;
  };

  open(socket: WebSocket): void {
    this.#socket = socket;
    for (const use of this.#waiting ?? []) use(socket);
    this.#waiting = null;
  }

  send(text: string): void {
    this.#unsentFrames++;
    this.#use((socket) => {
      socket.send(text, this.#onSent);
      if (this.#unsentFrames > limits.socketBufferMaxFrames) socket.terminate();
      cutIfBehind(socket);
    });
  }

  close(code: number, reason: string): void {
    this.#use((socket) => socket.close(code, reason));
  }

  pause(): void {
    this.#use((socket) => socket.pause());
  }

  resume(): void {
    this.#use((socket) => socket.resume());
  }

  #use(use: (socket: WebSocket) => void): void {
    if (this.#socket) use(this.#socket);
    else this.#waiting?.push(use);
  }
}

/** The shard counts what a client has not acknowledged, and closes its socket long before. This holds whatever the shard does. */
function cutIfBehind(socket: WebSocket): void {
  if (socket.bufferedAmount > limits.socketBufferMaxBytes) socket.terminate();
}

/** A frame as text, or as bytes for a binary one. Text was checked to be UTF-8. */
function frameOf(data: RawData, isBinary: boolean): string | ArrayBuffer {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
  if (!isBinary) return bytes.toString();
  return bytes instanceof ArrayBuffer ? bytes : new Uint8Array(bytes).buffer;
}
