import type { Config } from "../config/config.ts";
import type { PasswordHashing } from "../hasher/scrypt.ts";
import type { LiveSocket } from "../live/live-socket.ts";
import type { Failure } from "../protocol/replies.ts";
import { createShard } from "../shard/composition-root.ts";
import type { Shard } from "../shard/shard.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { AlarmTimer } from "./alarm-timer.ts";
import { Checkpointer } from "./checkpointer.ts";
import { openSqlite, type SqliteDatabase } from "./sqlite-driver.ts";
import { timer } from "./timer.ts";

export interface ShardHostDeps {
  config: Config;
  shards: ShardDirectory;
  hashing: PasswordHashing;
  fetch: typeof fetch;
}

/** The connection of a live socket's client. */
export interface SocketConnection extends Pick<LiveSocket, "send" | "close"> {
  /** Reads no more frames until `resume`. */
  pause(): void;
  resume(): void;
}

/** What a connection reports to its shard. */
export interface SocketListener {
  onFrame(frame: string | ArrayBuffer): void;
  onClosed(): void;
}

/** One shard in this thread: its database file, its alarm and its sockets. */
export class ShardHost {
  readonly shard: Shard;
  readonly #database: SqliteDatabase;
  readonly #checkpointer: Checkpointer;
  readonly #alarm: AlarmTimer;

  /** @param file the path of the database */
  constructor(name: string, file: string, { config, shards, hashing, fetch }: ShardHostDeps) {
    this.#database = openSqlite(file);
    this.#checkpointer = new Checkpointer(file, this.#database);
    this.#alarm = new AlarmTimer(() => this.shard.onAlarm());
    this.shard = createShard(name, config, {
      driver: this.#database,
      // Requests that have arrived are read in this turn of the event loop, and their writes share the commit that ends it.
      scheduleCommit: (commit) =>
        setImmediate(() => {
          commit();
          this.#checkpointer.onCommit();
        }),
      alarm: this.#alarm,
      // A socket does not survive its process, so a shard never finds one at its start, and nothing has to be attached to it.
      // Every frame reaches the shard.
      sockets: { all: () => [], lastPingAt: () => null },
      shards,
      hashing,
      fetch,
      clock: Date.now,
      monotonic: () => performance.now(),
      hasTrustedClock: false,
      random: Math.random,
      timer,
    });
  }

  /** Must be awaited before the shard serves. */
  start(): Promise<void> {
    return this.shard.start();
  }

  /**
   * Opens a live socket. Its place among the account's sockets is taken before its client is answered.
   *
   * @param connection may already be used before this returns
   * @returns what the connection reports to, or why there is no socket
   */
  async openSocket(
    params: UpgradeParams,
    connection: Pick<SocketConnection, "send" | "close">,
  ): Promise<SocketListener | Failure> {
    const state = await this.shard.admitSocket(params);
    if ("kind" in state) return state;
    const socket: LiveSocket = {
      send: (text) => connection.send(text),
      close: (code, reason) => connection.close(code, reason),
      serializeAttachment() {},
      deserializeAttachment: () => null,
    };
    const onClosed = () => this.shard.onSocketClosed(socket);
    try {
      this.shard.attachSocket(socket, state);
    } catch (error) {
      onClosed();
      throw error;
    }
    return { onFrame: (frame) => void this.shard.onSocketFrame(socket, frame), onClosed };
  }

  /** Answers what waits and closes the sockets. Requests may still run until `close`. */
  stop(): void {
    this.#alarm.stop();
    this.shard.stop();
  }

  async close(): Promise<void> {
    await this.#checkpointer.stop();
    this.#database.close();
  }
}
