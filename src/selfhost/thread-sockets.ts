import type { SocketState } from "../live/live-socket.ts";
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

  /** Attaches an accepted connection to a shard of another thread. */
  attach(channel: ThreadChannel, shardName: string, state: SocketState, connection: SocketConnection): SocketListener {
    const number = ++this.#lastNumber;
    this.#open.set(number, connection);
    void channel.call("sockets", "open", number, shardName, state);
    return {
      onFrame: (frame) => void channel.call("sockets", "frame", number, frame),
      onClosed: () => {
        this.#open.delete(number);
        void channel.call("sockets", "closed", number);
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

/** The side of a shard's thread. */
export class SocketListeners {
  readonly #listeners = new Map<number, SocketListener>();
  readonly #main: ThreadChannel;
  readonly #hostOf: (shardName: string) => ShardHost;

  constructor(main: ThreadChannel, hostOf: (shardName: string) => ShardHost) {
    this.#main = main;
    this.#hostOf = hostOf;
  }

  open(number: number, shardName: string, state: SocketState): void {
    const connection: SocketConnection = {
      send: (text) => void this.#main.call("connections", "send", number, text),
      close: (code, reason) => void this.#main.call("connections", "close", number, code, reason),
    };
    this.#listeners.set(number, this.#hostOf(shardName).attach(connection, state));
  }

  frame(number: number, frame: string | ArrayBuffer): void {
    this.#listeners.get(number)?.onFrame(frame);
  }

  closed(number: number): void {
    this.#listeners.get(number)?.onClosed();
    this.#listeners.delete(number);
  }
}
