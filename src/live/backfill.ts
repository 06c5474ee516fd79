import { limits } from "../limits.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { Timer } from "../storage/clock.ts";
import { eventFrame, type LiveSocket, sendFrame } from "./live-socket.ts";
import type { SocketRegistry } from "./socket-registry.ts";

/**
 * Sends a new socket the messages after its cursor, and then makes it live:
 *
 * 1. The history is sent chunk by chunk. New messages are not announced to this socket; the next chunk finds them.
 * 2. A chunk is empty. In the same turn, before another message can be stored, the socket becomes live.
 * 3. Each message is announced after its commit.
 *
 * So every message is sent exactly once. The attachment says how far backfill has come, and `resume` goes on after an eviction.
 */
export class Backfill {
  readonly #registry: SocketRegistry;
  readonly #logs: MessageLogStore;
  readonly #timer: Timer;

  constructor(registry: SocketRegistry, logs: MessageLogStore, timer: Timer) {
    this.#registry = registry;
    this.#logs = logs;
    this.#timer = timer;
  }

  /** Must be called once, when the shard starts. @param onTooLong as of `run` */
  resume(onTooLong: (socket: LiveSocket) => void): void {
    for (const [socket] of this.#registry.all()) this.run(socket, onTooLong);
  }

  /** @param onTooLong called where the history is longer than one socket may be sent; its client goes on with the next one */
  run(socket: LiveSocket, onTooLong: (socket: LiveSocket) => void): void {
    const state = this.#registry.stateOf(socket);
    if (!state || state.backfilledUpTo === null) return;
    const { accountId: mailboxId, backfilledUpTo: after } = state;
    const newest = this.#logs.newestId(mailboxId);
    const range = { after, until: newest, rows: Number.MAX_SAFE_INTEGER };
    const { rows, rest } = this.#logs.liveChunk(mailboxId, range);
    for (const json of rows) sendFrame(socket, `{"event":"message","data":${json}}`);
    if (rows.length === 0) {
      this.#registry.set(socket, { ...state, backfilledUpTo: null });
      sendFrame(socket, eventFrame({ event: "live", data: { cursor: Math.max(newest, after) } }));
      return;
    }
    const backfilledChars = rows.reduce((sum, json) => sum + json.length, state.backfilledChars);
    // The host does not say how much the client has read: the rest takes this shard's memory.
    if (backfilledChars > limits.backfillMaxChars) {
      onTooLong(socket);
      return;
    }
    this.#registry.set(socket, { ...state, backfilledUpTo: rest?.after ?? newest, backfilledChars });
    this.#timer(() => this.run(socket, onTooLong), 0);
  }
}
