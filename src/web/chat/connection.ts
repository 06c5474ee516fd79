import { closeCodes, type LiveEvent } from "../../protocol/events.ts";
import { ConnectionLost, type ConnectionProblem, type ConnectionState } from "./connection-state.ts";
import { HttpFailure } from "./http-command.ts";
import { LiveSocket, type LiveSocketDeps, type SocketLoss } from "./live-socket.ts";
import { reconnectDelayMs } from "./reconnect-delay.ts";
import type { Reply } from "./reply-parser.ts";

export interface ConnectionDeps extends LiveSocketDeps {
  /** Sends a command over HTTP. @throws HttpFailure */
  post(command: string, signal?: AbortSignal): Promise<Reply>;
  /** False if the browser knows that the device has no network. */
  isOnline(): boolean;
  random(): number;
}

export interface ConnectionListener {
  onStateChange(state: ConnectionState): void;
  onEvent(event: LiveEvent): void;
  /** @param acknowledge to be called when all events before are applied */
  onPing(acknowledge: () => void): void;
}

/**
 * Sends commands over a live socket and reconnects by itself. If sockets do not get through and HTTP does, it sends commands
 * over HTTP, and goes on trying sockets.
 */
export class Connection {
  readonly #token: string;
  readonly #listener: ConnectionListener;
  readonly #deps: ConnectionDeps;
  #socket: LiveSocket | null = null;
  /** Failed sockets since the last frame. */
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isDiagnosing = false;
  #state: ConnectionState = { status: "connecting", problem: null };

  constructor(token: string, listener: ConnectionListener, deps: ConnectionDeps) {
    this.#token = token;
    this.#listener = listener;
    this.#deps = deps;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    const { status } = this.#state;
    clearTimeout(this.#retryTimer);
    this.#socket?.close();
    if (status !== "polling") this.#setState({ status: "connecting", problem: this.#problem });
    this.#socket = new LiveSocket(
      this.#token,
      {
        onOpen: () => this.#onOpen(),
        onHeard: () => this.#onHeard(),
        onEvent: (event) => this.#listener.onEvent(event),
        onPing: (acknowledge) => this.#listener.onPing(acknowledge),
        onLost: (loss) => this.#onSocketLost(loss),
      },
      this.#deps,
    );
  }

  /** Sends a command. @throws ConnectionLost */
  request(command: string, signal?: AbortSignal): Promise<Reply> {
    if (this.#state.status === "open" && this.#socket) return this.#socket.request(command);
    if (this.#state.status === "polling") return this.#post(command, signal);
    return Promise.reject(new ConnectionLost());
  }

  /** For a user who comes back to the page, or who wants it: tests an open socket, and connects at once otherwise. */
  reconnectNow(): void {
    const { status } = this.#state;
    if (status === "open") this.#socket?.probe();
    else if (status !== "session-ended") this.open();
  }

  /** The device has found a network. */
  onOnline(): void {
    // Only the user decides which of too many pages stays connected.
    if (this.#state.status !== "replaced") this.reconnectNow();
  }

  /** The device has lost its network. A server on this device is still found by the next attempt. */
  onOffline(): void {
    const { status } = this.#state;
    if (status === "open" || status === "polling" || status === "connecting") this.#lose({ kind: "offline" });
  }

  /** Closes the connection for good. */
  close(): void {
    clearTimeout(this.#retryTimer);
    this.#socket?.close();
    this.#socket = null;
    this.#state = { status: "session-ended" };
  }

  get #problem(): ConnectionProblem | null {
    return this.#state.status === "waiting" || this.#state.status === "connecting" ? this.#state.problem : null;
  }

  #onOpen(): void {
    // After failed attempts a proxy may accept the socket and let no frame through, so the first frame decides.
    if (this.#state.status === "polling") this.#socket?.probe();
    else this.#setState({ status: "open" });
  }

  #onHeard(): void {
    this.#failures = 0;
    if (this.#state.status === "polling") this.#setState({ status: "open" });
  }

  #onSocketLost({ code, wasHeard }: SocketLoss): void {
    this.#socket = null;
    if (code === closeCodes.sessionEnded) this.#end({ status: "session-ended" });
    else if (code === closeCodes.replaced) this.#end({ status: "replaced" });
    else {
      if (this.#state.status === "polling") this.#retryLater();
      else this.#lose(problemOf(code));
      // A browser does not report why a socket was refused, so HTTP is asked.
      if (!wasHeard) void this.#diagnose();
    }
  }

  #lose(problem: ConnectionProblem): void {
    this.#socket?.close();
    this.#socket = null;
    const retryAt = this.#retryLater();
    this.#setState({ status: "waiting", retryAt, problem: this.#deps.isOnline() ? problem : { kind: "offline" } });
  }

  /** @returns the time of the next attempt */
  #retryLater(): number {
    clearTimeout(this.#retryTimer);
    const delay = reconnectDelayMs(this.#failures++, this.#deps.random());
    this.#retryTimer = setTimeout(() => this.open(), delay);
    return this.#deps.elapsed() + delay;
  }

  #end(state: ConnectionState): void {
    this.close();
    this.#setState(state);
  }

  async #post(command: string, signal?: AbortSignal): Promise<Reply> {
    try {
      const reply = await this.#deps.post(command, signal);
      if (reply.error === "session-ended") this.#end({ status: "session-ended" });
      return reply;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (!signal?.aborted) void this.#diagnose();
      throw new ConnectionLost();
    }
  }

  /** Finds out over HTTP whether the server can be reached, and says what the problem is. */
  async #diagnose(): Promise<void> {
    if (this.#isDiagnosing) return;
    this.#isDiagnosing = true;
    const found = await this.#findProblem();
    this.#isDiagnosing = false;
    const state = this.#state;
    if (found?.kind === "refused" && found.reply.error === "session-ended") {
      if (state.status !== "session-ended") this.#end({ status: "session-ended" });
    } else if (state.status === "polling") {
      if (found) this.#lose(found);
    } else if (state.status === "waiting" || state.status === "connecting") {
      if (!found) this.#setState({ status: "polling" });
      else this.#setState({ ...state, problem: this.#deps.isOnline() ? found : { kind: "offline" } });
    }
  }

  /** @returns null if HTTP works */
  async #findProblem(): Promise<ConnectionProblem | null> {
    try {
      const reply = await this.#deps.post("whoami");
      return reply.status === "OK" ? null : { kind: "refused", reply };
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      return { kind: error.problem };
    }
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#listener.onStateChange(state);
  }
}

function problemOf(code: number | null): ConnectionProblem {
  if (code === closeCodes.stopping) return { kind: "server-stopped" };
  if (code === closeCodes.tooSlow) return { kind: "too-slow" };
  return { kind: "no-answer" };
}
