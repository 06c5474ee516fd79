import { limits } from "../limits.ts";
import { closeCodes } from "../protocol/events.ts";
import type { Timer } from "../storage/clock.ts";
import { logError } from "../storage/log.ts";
import { type LiveSocket, type LiveSockets, parseSocketState, type SocketState } from "./live-socket.ts";

/** A socket was closed by this shard, or is gone: the host holds it no more. A socket that its client closes is only `gone`. */
export interface SocketEvent {
  type: "closed" | "gone";
  socket: LiveSocket;
  state: SocketState;
}

/**
 * The sockets that the host holds for this shard, by socket and by account. A socket is open until the shard or its client closes
 * it; one that the shard has closed is held until the client answers.
 */
export class SocketRegistry {
  readonly #host: LiveSockets;
  readonly #timer: Timer;
  readonly #held = new Map<LiveSocket, SocketState>();
  readonly #open = new SocketsByAccount();
  readonly #closing = new SocketsByAccount();
  readonly #listeners: ((event: SocketEvent) => void)[] = [];
  /** Sockets whose attachments are older than their states. */
  readonly #unsaved = new Set<LiveSocket>();

  /** Finds the sockets that were open before the shard was evicted. */
  constructor(host: LiveSockets, timer: Timer) {
    this.#host = host;
    this.#timer = timer;
    for (const socket of host.all()) this.#restore(socket);
  }

  /** An attachment that cannot be parsed closes its socket, and the client opens another. The shard must start all the same. */
  #restore(socket: LiveSocket): void {
    try {
      const state = parseSocketState(socket.deserializeAttachment());
      this.#index(socket, state);
      // Its last replies were lost with the memory of the shard.
      if (state.phase === "ending") this.close(socket, closeCodes.sessionEnded, "session ended");
    } catch (error) {
      logError("socket-state-invalid", error);
      closeSocket(socket, closeCodes.stateLost, "socket state lost");
    }
  }

  subscribe(listener: (event: SocketEvent) => void): void {
    this.#listeners.push(listener);
  }

  add(socket: LiveSocket, state: SocketState): void {
    this.#index(socket, state);
    this.save(socket);
  }

  /** Stores the state of a socket in its attachment. */
  save(socket: LiveSocket): void {
    this.#unsaved.delete(socket);
    const state = this.#held.get(socket);
    if (state) socket.serializeAttachment(state);
  }

  /** The same for a change that is made by each frame: a shard does not hibernate so soon. */
  saveSoon(socket: LiveSocket): void {
    if (this.#unsaved.size === 0) this.#timer(() => this.#saveAll(), limits.socketSaveDelayMs);
    this.#unsaved.add(socket);
  }

  #saveAll(): void {
    for (const socket of this.#unsaved) this.save(socket);
  }

  /** The state of an open socket. The caller may change it, and then saves it. */
  stateOf(socket: LiveSocket): SocketState | null {
    const state = this.#held.get(socket);
    return state?.phase === "open" ? state : null;
  }

  /** The state of a socket that may be closed already. */
  heldState(socket: LiveSocket): SocketState | null {
    return this.#held.get(socket) ?? null;
  }

  /** The states of all sockets that the host holds. */
  held(): Iterable<SocketState> {
    return this.#held.values();
  }

  get isEmpty(): boolean {
    return this.#open.isEmpty;
  }

  all(): [LiveSocket, SocketState][] {
    return [...this.#held].filter(([, { phase }]) => phase === "open");
  }

  socketsOf(accountId: number): ReadonlySet<LiveSocket> {
    return this.#open.of(accountId);
  }

  /** Sockets of an account that are closed, but not by their clients: their frames still take memory. */
  countClosing(accountId: number): number {
    return this.#closing.of(accountId).size;
  }

  /** The socket of an account whose client has been silent longest. */
  mostSilentOf(accountId: number): LiveSocket | null {
    const heardAt = (socket: LiveSocket) =>
      Math.max(this.#held.get(socket)?.heardAt ?? 0, this.#host.lastPingAt(socket) ?? 0);
    const sockets = [...this.#open.of(accountId)];
    return sockets.reduce<LiveSocket | null>(
      (least, socket) => (least === null || heardAt(socket) < heardAt(least) ? socket : least),
      null,
    );
  }

  /** The session of a socket has ended: it gets its last replies, and counts no more. */
  release(socket: LiveSocket): void {
    this.#leaveOpen(socket, "ending");
  }

  close(socket: LiveSocket, code: number, reason: string): void {
    const state = this.#held.get(socket);
    if (!state || state.phase === "closed") return;
    this.#leaveOpen(socket, "closed");
    for (const listener of this.#listeners) listener({ type: "closed", socket, state });
    closeSocket(socket, code, reason);
  }

  /** The host holds the socket no more. */
  remove(socket: LiveSocket): void {
    const state = this.#held.get(socket);
    if (!state) return;
    this.#held.delete(socket);
    this.#unsaved.delete(socket);
    this.#open.remove(state.accountId, socket);
    this.#closing.remove(state.accountId, socket);
    for (const listener of this.#listeners) listener({ type: "gone", socket, state });
  }

  #leaveOpen(socket: LiveSocket, phase: SocketState["phase"]): void {
    const state = this.#held.get(socket);
    if (!state) return;
    state.phase = phase;
    this.#open.remove(state.accountId, socket);
    this.#closing.add(state.accountId, socket);
    this.save(socket);
  }

  #index(socket: LiveSocket, state: SocketState): void {
    this.#held.set(socket, state);
    (state.phase === "open" ? this.#open : this.#closing).add(state.accountId, socket);
  }
}

class SocketsByAccount {
  readonly #sockets = new Map<number, Set<LiveSocket>>();

  get isEmpty(): boolean {
    return this.#sockets.size === 0;
  }

  of(accountId: number): ReadonlySet<LiveSocket> {
    return this.#sockets.get(accountId) ?? noSockets;
  }

  add(accountId: number, socket: LiveSocket): void {
    this.#sockets.set(accountId, (this.#sockets.get(accountId) ?? new Set()).add(socket));
  }

  remove(accountId: number, socket: LiveSocket): void {
    const sockets = this.#sockets.get(accountId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#sockets.delete(accountId);
  }
}

const noSockets: ReadonlySet<LiveSocket> = new Set();

function closeSocket(socket: LiveSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // The host throws only for a socket that has closed already.
  }
}
