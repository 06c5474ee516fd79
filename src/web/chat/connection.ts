import { closeCodes, type LiveEvent, subprotocol } from "../../protocol/events.ts";
import { reconnectDelayMs } from "./reconnect-delay.ts";
import { parseFrame, type Reply } from "./reply-parser.ts";

export type ConnectionState =
  | { status: "connecting" }
  | { status: "open" }
  /** The next attempt is at `retryAt`, in milliseconds since 1970. */
  | { status: "waiting"; retryAt: number }
  | { status: "session-ended" };

/** The part of a WebSocket that the connection uses. */
export interface BrowserSocket {
  send(text: string): void;
  close(): void;
}

export interface BrowserSocketHandlers {
  onOpen(): void;
  onMessage(text: string): void;
  onClose(code: number): void;
}

export interface LiveConnectionDeps {
  openSocket(protocols: string[], handlers: BrowserSocketHandlers): BrowserSocket;
  /** A browser does not report why the server refused a socket, so the connection asks. */
  isSessionEnded(): Promise<boolean>;
  now(): number;
  random(): number;
}

export interface LiveConnectionListener {
  onStateChange(state: ConnectionState): void;
  onEvent(event: LiveEvent): void;
}

/** Rejects a command that has no reply: the connection was closed, or was lost before the reply. */
export class ConnectionLost extends Error {}

/** A network that drops all packets reports nothing for minutes. */
const connectTimeoutMs = 10_000;
/** The server answers a send within 3 s, with `queued` at the latest, and reads are short. */
const replyTimeoutMs = 20_000;

/** A WebSocket that reconnects by itself. The server answers commands in their order and sends events in between. */
export class LiveConnection {
  readonly #token: string;
  readonly #listener: LiveConnectionListener;
  readonly #deps: LiveConnectionDeps;
  #socket: BrowserSocket | null = null;
  #failures = 0;
  /** The timeout for opening or for a reply, or the delay before reconnecting. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Commands without a reply, oldest first. */
  #unanswered: { resolve(reply: Reply): void; reject(error: Error): void; sentAt: number }[] = [];
  #state: ConnectionState = { status: "connecting" };

  constructor(token: string, listener: LiveConnectionListener, deps: LiveConnectionDeps) {
    this.#token = token;
    this.#listener = listener;
    this.#deps = deps;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    this.#detachSocket();
    this.#setState({ status: "connecting" });
    let isOpen = false;
    const socket = this.#deps.openSocket([subprotocol, this.#token], {
      onOpen: () => {
        clearTimeout(this.#timer);
        isOpen = true;
        this.#setState({ status: "open" });
      },
      onMessage: (text) => this.#receive(text),
      onClose: (code) => {
        if (this.#socket === socket) void this.#onLost(code === closeCodes.sessionEnded, isOpen);
      },
    });
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#timeOut(), connectTimeoutMs);
  }

  /** Sends a command. @throws ConnectionLost */
  request(command: string): Promise<Reply> {
    const socket = this.#socket;
    if (!socket || this.#state.status !== "open") return Promise.reject(new ConnectionLost());
    return new Promise((resolve, reject) => {
      this.#unanswered.push({ resolve, reject, sentAt: this.#deps.now() });
      socket.send(command);
      this.#startReplyTimeout();
    });
  }

  /** For a device that wakes up or finds a network: tests an open connection, and reconnects at once otherwise. */
  reconnectNow(): void {
    const { status } = this.#state;
    if (status === "waiting" || status === "connecting") this.open();
    else if (status === "open") this.request("whoami").catch(() => {});
  }

  /** Closes the connection for good. */
  close(): void {
    this.#detachSocket();
    this.#rejectUnanswered();
  }

  #receive(text: string): void {
    const frame = parseFrame(text);
    if (frame?.kind === "reply") {
      this.#failures = 0;
      this.#unanswered.shift()?.resolve(frame.reply);
      this.#startReplyTimeout();
    } else if (frame?.kind === "event") this.#listener.onEvent(frame.event);
  }

  /** A connection can be dead for minutes before the browser reports it. */
  #startReplyTimeout(): void {
    clearTimeout(this.#timer);
    const [oldest] = this.#unanswered;
    if (!oldest) return;
    this.#timer = setTimeout(() => this.#timeOut(), oldest.sentAt + replyTimeoutMs - this.#deps.now());
  }

  #timeOut(): void {
    this.#detachSocket();
    void this.#onLost(false, true);
  }

  #detachSocket(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  async #onLost(isSessionEnded: boolean, wasOpen: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#socket = null;
    this.#rejectUnanswered();
    if (isSessionEnded) return this.#setState({ status: "session-ended" });
    const delay = reconnectDelayMs(this.#failures++, this.#deps.random());
    const retryAt = this.#deps.now() + delay;
    this.#timer = setTimeout(() => this.open(), delay);
    this.#setState({ status: "waiting", retryAt });
    if (wasOpen || !(await this.#deps.isSessionEnded())) return;
    this.close();
    this.#setState({ status: "session-ended" });
  }

  #rejectUnanswered(): void {
    for (const { reject } of this.#unanswered.splice(0)) reject(new ConnectionLost());
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#listener.onStateChange(state);
  }
}
