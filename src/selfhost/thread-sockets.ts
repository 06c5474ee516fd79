import { limits } from "../limits.ts";
import type { Failure } from "../protocol/replies.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { logError } from "../storage/log.ts";
import type { ShardHost, SocketConnection, SocketListener } from "./shard-host.ts";
import type { ThreadChannel } from "./thread-channel.ts";

/**
 * Live sockets whose connection is in the main thread and whose shard is in another one. Each side calls the other by the number of
 * the socket; calls of one channel arrive in their order.
 */

/** The main thread's side: the connections, which the thread of a shard sends to. */
export class SocketConnections {
  readonly #open = new Map<number, SocketConnection>();
  #lastNumber = 0;

  /** Opens a socket at a shard of another thread. @returns what the connection reports to, or why there is no socket */
  async openSocket(
    channel: ThreadChannel,
    shardName: string,
    params: UpgradeParams,
    connection: SocketConnection,
  ): Promise<SocketListener | Failure> {
    const number = ++this.#lastNumber;
    this.#open.set(number, connection);
    const failure = await channel.call("sockets", "open", number, shardName, params).catch((error) => {
      this.#open.delete(number);
      throw error;
    });
    if (failure !== null) {
      this.#open.delete(number);
      return failure as Failure;
    }
    const frames = new FrameForwarder(connection, (frame) => channel.call("sockets", "frame", number, frame));
    return {
      onFrame: (frame) => frames.forward(frame),
      onClosed: () => {
        this.#open.delete(number);
        channel.notify("sockets", "closed", number);
      },
    };
  }

  send(number: number, text: string): void {
    this.#open.get(number)?.send(text);
  }

  close(number: number, code: number, reason: string): void {
    this.#open.get(number)?.close(code, reason);
  }
}

/** Forwards the frames of one client, and stops reading from it while its shard is behind: they would wait between the threads. */
class FrameForwarder {
  readonly #connection: SocketConnection;
  readonly #send: (frame: string | ArrayBuffer) => Promise<unknown>;
  #onTheirWay = 0;

  constructor(connection: SocketConnection, send: (frame: string | ArrayBuffer) => Promise<unknown>) {
    this.#connection = connection;
    this.#send = send;
  }

  forward(frame: string | ArrayBuffer): void {
    if (++this.#onTheirWay === limits.forwardedFramesMax) this.#connection.pause();
    this.#send(frame)
      .catch((error) => logError("thread-call-failed", error))
      .finally(() => {
        if (this.#onTheirWay-- === limits.forwardedFramesMax) this.#connection.resume();
      });
  }
}

/** The side of a shard's thread. */
export class SocketListeners {
  readonly #listeners = new Map<number, SocketListener>();
  readonly #main: ThreadChannel;
  readonly #hostOf: (shardName: string) => ShardHost;

  constructor(main: ThreadChannel, hostOf: (shardName: string) => ShardHost) {
    this.#main = main;
    this.#hostOf = hostOf;
  }

  async open(number: number, shardName: string, params: UpgradeParams): Promise<Failure | null> {
    const listener = await this.#hostOf(shardName).openSocket(params, {
      send: (text) => this.#main.notify("connections", "send", number, text),
      close: (code, reason) => this.#main.notify("connections", "close", number, code, reason),
    });
    if ("kind" in listener) return listener;
    this.#listeners.set(number, listener);
    return null;
  }

  frame(number: number, frame: string | ArrayBuffer): void {
    this.#listeners.get(number)?.onFrame(frame);
  }

  closed(number: number): void {
    this.#listeners.get(number)?.onClosed();
    this.#listeners.delete(number);
  }
}
