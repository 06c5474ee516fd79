import { limits } from "../limits.ts";
import { closeCodes } from "../protocol/events.ts";
import type { Timer } from "../storage/clock.ts";
import { eventFrame, type Frame } from "./frame.ts";
import type { LiveSocket, SocketState } from "./live-socket.ts";
import type { SocketEvent, SocketRegistry } from "./socket-registry.ts";

/** The pings and waits of one socket. Most sockets have none. */
interface Window {
  /** The ping that the client has not answered, and the bytes that its answer acknowledges. */
  ping: { word: string; bytes: number } | null;
  /** What waits until the client has acknowledged enough, in its order. */
  waiting: { bytes: number; resume: () => void }[];
  cancelDeadline: () => void;
}

/** How much a socket may leave unacknowledged, in bytes. */
interface Allowance {
  /** Replies and history, which can wait, are sent up to here. */
  replies: number;
  /** A longer reply is sent to a client that has left no more than this. */
  beforeLongReply: number;
  /** The client is asked to acknowledge. */
  ping: number;
  /** Beyond, the socket is closed. */
  most: number;
}

const usual: Allowance = {
  replies: limits.acknowledgeAfterBytes,
  beforeLongReply: limits.acknowledgeAfterBytes / 4,
  ping: limits.acknowledgeAfterBytes,
  most: limits.unacknowledgedMaxBytes,
};
const underPressure: Allowance = {
  replies: limits.pressedAcknowledgeAfterBytes,
  beforeLongReply: 0,
  ping: limits.pressedAcknowledgeAfterBytes,
  most: limits.pressedUnacknowledgedMaxBytes,
};

/**
 * Every frame to a client goes through here. No host says reliably how much a client has read, and what it has not read is held in
 * memory. So the bytes of each socket are counted until the client acknowledges them: it answers a `ping` by its word, which it can
 * know only after it has read everything before.
 */
export class FlowControl {
  readonly #registry: SocketRegistry;
  readonly #timer: Timer;
  readonly #windows = new Map<LiveSocket, Window>();
  readonly #heldByAccount = new Map<number, number>();
  #held = 0;

  constructor(registry: SocketRegistry, timer: Timer) {
    this.#registry = registry;
    this.#timer = timer;
    for (const state of registry.held()) this.#hold(state.accountId, excessOf(state));
    registry.subscribe((event) => this.#onSocketEvent(event));
  }

  /** Sends a frame, or closes the socket of a client that has left too much unacknowledged. */
  send(socket: LiveSocket, frame: Frame): void {
    const state = this.#registry.heldState(socket);
    if (!state || state.phase === "closed") return;
    const { ping, most } = this.#allowanceOf(state);
    // A frame that is longer than the allowance must reach a client that has read everything.
    if (state.unacknowledgedBytes > 0 && state.unacknowledgedBytes + frame.bytes > most) {
      this.#closeTooSlow(socket);
      return;
    }
    this.#transmit(socket, state, frame);
    if (state.unacknowledgedBytes > ping) this.#ping(socket, state);
  }

  /**
   * Resolves when a reply or history of so many bytes may be sent, or when the socket is closed. Null where there is room already:
   * this runs for every command.
   *
   * @param bytes 0: unknown yet
   */
  waitForRoom(socket: LiveSocket, bytes: number): Promise<void> | null {
    const state = this.#registry.heldState(socket);
    if (!state || state.phase === "closed" || this.#hasRoom(state, bytes)) return null;
    return this.#untilRoom(socket, state, bytes);
  }

  async #untilRoom(socket: LiveSocket, state: SocketState, bytes: number): Promise<void> {
    this.#hold(state.accountId, bytes);
    await new Promise<void>((resume) => {
      const window = this.#windowOf(socket);
      window.waiting.push({ bytes, resume });
      this.#ping(socket, state);
      if (window.waiting.length === 1) this.#startDeadline(socket, window);
    });
    this.#hold(state.accountId, -bytes);
  }

  /** The client has answered a ping: it has read everything up to it. Another word acknowledges nothing. */
  acknowledge(socket: LiveSocket, word: string): void {
    const state = this.#registry.heldState(socket);
    const window = this.#windows.get(socket);
    if (!state || !window?.ping || window.ping.word !== word) return;
    this.#count(socket, state, -window.ping.bytes);
    window.ping = null;
    const waiting = window.waiting.splice(0);
    while (waiting[0] && this.#hasRoom(state, waiting[0].bytes)) waiting.shift()?.resume();
    window.waiting = waiting;
    this.#startDeadline(socket, window);
    if (waiting.length > 0 || state.unacknowledgedBytes > this.#allowanceOf(state).ping) this.#ping(socket, state);
    else this.#windows.delete(socket);
  }

  #ping(socket: LiveSocket, state: SocketState): void {
    const window = this.#windowOf(socket);
    if (window.ping) return;
    const word = crypto.randomUUID();
    const frame = eventFrame({ event: "ping", data: { word } });
    window.ping = { word, bytes: state.unacknowledgedBytes + frame.bytes };
    this.#transmit(socket, state, frame);
  }

  #transmit(socket: LiveSocket, state: SocketState, { text, bytes }: Frame): void {
    try {
      socket.send(text);
    } catch {
      // The host throws only for a socket that is no longer open. Its client gets the message when it reconnects.
      return;
    }
    this.#count(socket, state, bytes);
  }

  #hasRoom(state: SocketState, bytes: number): boolean {
    const { replies, beforeLongReply } = this.#allowanceOf(state);
    return state.unacknowledgedBytes + bytes <= replies || state.unacknowledgedBytes <= beforeLongReply;
  }

  #allowanceOf({ accountId }: SocketState): Allowance {
    const isPressed =
      this.#held > limits.heldPerShardBytes || (this.#heldByAccount.get(accountId) ?? 0) > limits.heldPerAccountBytes;
    return isPressed ? underPressure : usual;
  }

  /** While something waits, a client that acknowledges nothing is closed: it may be gone, or not know pings. */
  #startDeadline(socket: LiveSocket, window: Window): void {
    window.cancelDeadline();
    window.cancelDeadline =
      window.waiting.length > 0 ? this.#timer(() => this.#closeTooSlow(socket), limits.acknowledgeMs) : () => {};
  }

  #closeTooSlow(socket: LiveSocket): void {
    this.#registry.close(socket, closeCodes.tooSlow, "pings are not answered");
  }

  #onSocketEvent({ type, socket, state }: SocketEvent): void {
    const window = this.#windows.get(socket);
    this.#windows.delete(socket);
    window?.cancelDeadline();
    for (const { resume } of window?.waiting ?? []) resume();
    if (type === "gone") this.#hold(state.accountId, -excessOf(state));
  }

  #count(socket: LiveSocket, state: SocketState, bytes: number): void {
    const before = excessOf(state);
    state.unacknowledgedBytes += bytes;
    this.#hold(state.accountId, excessOf(state) - before);
    this.#registry.saveSoon(socket);
  }

  /** Counts what is in memory for an account. */
  #hold(accountId: number, bytes: number): void {
    if (bytes === 0) return;
    this.#held += bytes;
    const held = (this.#heldByAccount.get(accountId) ?? 0) + bytes;
    if (held > 0) this.#heldByAccount.set(accountId, held);
    else this.#heldByAccount.delete(accountId);
  }

  #windowOf(socket: LiveSocket): Window {
    let window = this.#windows.get(socket);
    if (!window) {
      window = { ping: null, waiting: [], cancelDeadline: () => {} };
      this.#windows.set(socket, window);
    }
    return window;
  }
}

/** What counts in the totals. Many sockets leave a little unacknowledged, and their clients have read it. */
function excessOf({ unacknowledgedBytes }: SocketState): number {
  return Math.max(0, unacknowledgedBytes - limits.pressedAcknowledgeAfterBytes);
}
