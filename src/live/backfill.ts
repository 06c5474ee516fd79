import type { MessageLogStore } from "../messaging/message-log-store.ts";
import { closeCodes } from "../protocol/events.ts";
import type { Timer } from "../storage/clock.ts";
import { logError } from "../storage/log.ts";
import type { FlowControl } from "./flow-control.ts";
import { eventFrame, frameOf } from "./frame.ts";
import type { LiveSocket } from "./live-socket.ts";
import type { SocketRegistry } from "./socket-registry.ts";

export interface BackfillDeps {
  registry: SocketRegistry;
  flow: FlowControl;
  logs: MessageLogStore;
  timer: Timer;
}

/**
 * Sends a new socket the messages after its cursor, and then makes it live:
 *
 * 1. The history is sent chunk by chunk, as fast as the client acknowledges it. New messages are not announced to this socket; the
 *    next chunk finds them.
 * 2. A chunk is empty. In the same turn, before another message can be stored, the socket becomes live.
 * 3. Each message is announced after its commit.
 *
 * So every message is sent exactly once. The attachment says how far backfill has come, and `resume` goes on after an eviction.
 */
export class Backfill {
  readonly #deps: BackfillDeps;

  constructor(deps: BackfillDeps) {
    this.#deps = deps;
  }

  /** Must be called once, when the shard starts. */
  resume(): void {
    for (const [socket] of this.#deps.registry.all()) void this.run(socket);
  }

  async run(socket: LiveSocket): Promise<void> {
    const { flow, registry } = this.#deps;
    try {
      for (
        let state = registry.stateOf(socket);
        state && state.backfilledUpTo !== null;
        state = registry.stateOf(socket)
      ) {
        await flow.waitForRoom(socket, 0);
        this.#sendChunk(socket);
        await this.#nextTurn();
      }
    } catch (error) {
      logError("backfill-failed", error);
      registry.close(socket, closeCodes.stateLost, "history cannot be read");
    }
  }

  /** Must not wait: a message that is stored between an empty chunk and the change of state would be lost. */
  #sendChunk(socket: LiveSocket): void {
    const { flow, logs, registry } = this.#deps;
    const state = registry.stateOf(socket);
    if (!state || state.backfilledUpTo === null) return;
    const { accountId: mailboxId, backfilledUpTo: after } = state;
    const newest = logs.newestId(mailboxId);
    const { rows, rest } = logs.liveChunk(mailboxId, { after, until: newest, rows: Number.MAX_SAFE_INTEGER });
    for (const json of rows) flow.send(socket, frameOf(`{"event":"message","data":${json}}`));
    state.backfilledUpTo = rows.length === 0 ? null : (rest?.after ?? newest);
    registry.save(socket);
    if (rows.length === 0) flow.send(socket, eventFrame({ event: "live", data: { cursor: Math.max(newest, after) } }));
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#deps.timer(resolve, 0));
  }
}
