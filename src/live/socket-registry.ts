import { closeCodes } from "../protocol/events.ts";
import { logError } from "../storage/log.ts";
import { closeSocket, type LiveSocket, type LiveSockets, parseSocketState, type SocketState } from "./live-socket.ts";

/** The open sockets of this shard, by socket and by account. */
export class SocketRegistry {
  readonly #host: LiveSockets;
  readonly #states = new Map<LiveSocket, SocketState>();
  readonly #byAccount = new Map<number, Set<LiveSocket>>();

  /** Finds the sockets that were open before the shard was evicted. */
  constructor(host: LiveSockets) {
    this.#host = host;
    for (const socket of host.all()) this.#restore(socket);
  }

  /** An attachment that cannot be parsed closes its socket, and the client opens another. The shard must start all the same. */
  #restore(socket: LiveSocket): void {
    try {
      this.#index(socket, parseSocketState(socket.deserializeAttachment()));
    } catch (error) {
      logError("socket-state-invalid", error);
      closeSocket(socket, closeCodes.stateLost, "socket state lost");
    }
  }

  /** Adds a socket, or stores its new state. */
  set(socket: LiveSocket, state: SocketState): void {
    socket.serializeAttachment(state);
    this.#index(socket, state);
  }

  stateOf(socket: LiveSocket): SocketState | null {
    return this.#states.get(socket) ?? null;
  }

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  all(): [LiveSocket, SocketState][] {
    return [...this.#states];
  }

  /** All sockets of an account that the host still holds. */
  countHeld(accountId: number): number {
    return this.#host.countOf(accountId);
  }

  socketsOf(accountId: number): ReadonlySet<LiveSocket> {
    return this.#byAccount.get(accountId) ?? noSockets;
  }

  remove(socket: LiveSocket): void {
    const state = this.#states.get(socket);
    this.#states.delete(socket);
    if (!state) return;
    const sockets = this.#byAccount.get(state.accountId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byAccount.delete(state.accountId);
  }

  #index(socket: LiveSocket, state: SocketState): void {
    this.#states.set(socket, state);
    const sockets = this.#byAccount.get(state.accountId) ?? new Set();
    this.#byAccount.set(state.accountId, sockets.add(socket));
  }
}

const noSockets: ReadonlySet<LiveSocket> = new Set();
