import { limits } from "../limits.ts";
import type { Logs } from "../messaging/logs.ts";
import type { Timer } from "../storage/clock.ts";
import { frameOf, type Sockets, tell } from "./socket-registry.ts";

/**
 * What a socket missed, and the change to what comes. Three phases:
 *
 * 1. history: messages after the cursor are told chunk by chunk. New ones are not announced to this socket meanwhile;
 *    the next chunk finds them.
 * 2. cutover: a chunk comes back empty. In the same turn, before anything else can be stored, the socket becomes live.
 * 3. live: each message is announced when it has been committed.
 *
 * So nothing is told twice and nothing is left out. Where the object dies or sleeps in the middle, the attachment says
 * how far history was told, and `resume` goes on from there.
 */
export class CatchUp {
  readonly #sockets: Sockets;
  readonly #logs: Logs;
  readonly #timer: Timer;
  readonly #interrupt: (socket: WebSocket) => void;

  /** @param interrupt closes a socket whose history is too long to be told in one go: its reader goes on with the next one */
  constructor(sockets: Sockets, logs: Logs, timer: Timer, interrupt: (socket: WebSocket) => void) {
    this.#sockets = sockets;
    this.#logs = logs;
    this.#timer = timer;
    this.#interrupt = interrupt;
  }

  /** To be called once, when the object starts: tells on where history was interrupted. */
  resume(): void {
    for (const [socket] of this.#sockets.all()) this.tell(socket);
  }

  /** Tells a socket its history, a chunk in each turn, and makes it live. */
  tell(socket: WebSocket): void {
    const ticket = this.#sockets.ticketOf(socket);
    if (!ticket || ticket.toldUpTo === null) return;
    const after = ticket.toldUpTo;
    const newest = this.#logs.store.newest(ticket.account);
    const range = { after, until: newest, rows: Number.MAX_SAFE_INTEGER };
    const { rows } = this.#logs.store.liveChunk(ticket.account, range);
    for (const row of rows) tell(socket, `{"event":"message","data":${row}}`);
    const last = rows.at(-1);
    if (last === undefined) {
      this.#sockets.keep(socket, { ...ticket, toldUpTo: null });
      tell(socket, frameOf({ event: "live", data: { cursor: Math.max(newest, after) } }));
      return;
    }
    const toldChars = rows.reduce((sum, row) => sum + row.length, ticket.toldChars);
    // Nobody says how much of it the reader has taken: the rest waits in this object's memory.
    if (toldChars > limits.backfillMaxChars) {
      this.#interrupt(socket);
      return;
    }
    this.#sockets.keep(socket, { ...ticket, toldUpTo: JSON.parse(last).id, toldChars });
    this.#timer(() => this.tell(socket), 0);
  }
}
