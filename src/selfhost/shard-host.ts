import type { Config } from "../config/config.ts";
import type { PasswordHashing } from "../hasher/scrypt.ts";
import type { LiveSocket, SocketState } from "../live/live-socket.ts";
import { createShard } from "../shard/composition-root.ts";
import type { Shard } from "../shard/shard.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { Timer } from "../storage/clock.ts";
import { AlarmTimer } from "./alarm-timer.ts";
import { openSqlite, type SqliteDatabase } from "./sqlite-driver.ts";

export interface ShardHostDeps {
  config: Config;
  shards: ShardDirectory;
  hashing: PasswordHashing;
  fetch: typeof fetch;
}

/** The connection of a live socket's client. */
export interface SocketConnection {
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** What a connection reports to its shard. */
export interface SocketListener {
  onFrame(frame: string | ArrayBuffer): void;
  onClosed(): void;
}

/** One shard in this process: its database file, its alarm and its sockets. */
export class ShardHost {
  readonly shard: Shard;
  readonly #database: SqliteDatabase;
  readonly #alarm: AlarmTimer;
  readonly #sockets = new Map<number, Set<LiveSocket>>();

  /** @param file the path of the database */
  constructor(name: string, file: string, { config, shards, hashing, fetch }: ShardHostDeps) {
    this.#database = openSqlite(file);
    this.#alarm = new AlarmTimer(() => this.shard.onAlarm());
    this.shard = createShard(name, config, {
      driver: this.#database,
      // Requests that have arrived are read in this turn of the event loop, and their writes share the commit that ends it.
      scheduleCommit: setImmediate,
      alarm: this.#alarm,
      // A socket does not survive its process, so a shard never finds one at its start.
      sockets: { all: () => [], countOf: (accountId) => this.#sockets.get(accountId)?.size ?? 0 },
      shards,
      hashing,
      fetch,
      clock: Date.now,
      random: Math.random,
      timer,
    });
  }

  /** Must be awaited before the shard serves. */
  start(): Promise<void> {
    return this.shard.start();
  }

  /** Attaches an accepted connection. @param state from `Shard.admitSocket` */
  attach(connection: SocketConnection, state: SocketState): SocketListener {
    const socket = new AttachedSocket(connection);
    const { accountId } = state;
    const ofAccount = this.#sockets.get(accountId) ?? new Set();
    this.#sockets.set(accountId, ofAccount.add(socket));
    this.shard.attachSocket(socket, state);
    return {
      onFrame: (frame) => void this.shard.onSocketFrame(socket, frame),
      onClosed: () => {
        ofAccount.delete(socket);
        if (ofAccount.size === 0) this.#sockets.delete(accountId);
        this.shard.onSocketClosed(socket);
      },
    };
  }

  /** Answers what waits and closes the sockets. Requests may still run until `close`. */
  stop(): void {
    this.#alarm.stop();
    this.shard.stop();
  }

  close(): void {
    this.#database.close();
  }
}

class AttachedSocket implements LiveSocket {
  readonly #connection: SocketConnection;
  #attachment: unknown = null;

  constructor(connection: SocketConnection) {
    this.#connection = connection;
  }

  send(text: string): void {
    this.#connection.send(text);
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }

  serializeAttachment(attachment: unknown): void {
    this.#attachment = attachment;
  }

  deserializeAttachment(): unknown {
    return this.#attachment;
  }
}

/** Without a delay, `done` runs in the next turn of the event loop; `setTimeout` waits for a millisecond at least. */
const timer: Timer = (done, ms) => {
  if (ms <= 0) {
    const immediate = setImmediate(done);
    return () => clearImmediate(immediate);
  }
  const timeout = setTimeout(done, ms);
  return () => clearTimeout(timeout);
};
