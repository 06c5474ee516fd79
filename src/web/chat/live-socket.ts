import { type LiveEvent, subprotocol } from "../../protocol/events.ts";
import { ConnectionLost } from "./connection-state.ts";
import { parseFrame, type Reply } from "./reply-parser.ts";

/** The part of a WebSocket that the page uses. */
export interface BrowserSocket {
  send(text: string): void;
  close(): void;
}

export interface BrowserSocketHandlers {
  onOpen(): void;
  onMessage(text: string): void;
  onClose(code: number): void;
}

export interface LiveSocketDeps {
  openSocket(protocols: string[], handlers: BrowserSocketHandlers): BrowserSocket;
  /** Whether the user can see the page. */
  isVisible(): boolean;
  /** Milliseconds, by a clock that is never set. */
  elapsed(): number;
}

export interface LiveSocketListener {
  onOpen(): void;
  /** The first frame has arrived. A proxy may accept a socket and let no frame through. */
  onHeard(): void;
  onEvent(event: LiveEvent): void;
  /** @param acknowledge to be called when all events before are applied */
  onPing(acknowledge: () => void): void;
  onLost(loss: SocketLoss): void;
}

export interface SocketLoss {
  /** Null: the server was silent for too long. */
  code: number | null;
  /** A frame has arrived on this socket. */
  wasHeard: boolean;
}

/** A network that drops all packets reports nothing for minutes. Also the time for the first reply on a socket. */
const connectTimeoutMs = 10_000;
/** The server answers a send within 3 s, with `queued` at the latest, and reads are short. */
const replyTimeoutMs = 20_000;
/** A visible page pings a server that has been silent for so long. The user should learn soon that the line is dead. */
const silenceMs = 15_000;
/** Time for the answer to a ping: more than a large frame before it takes on a slow network. */
const pongTimeoutMs = 8_000;
/** A timer that fires this late shows that the device slept. The server was not silent; the page was deaf. */
const sleptMs = 3_000;

/** One WebSocket. The server answers commands in their order and sends events in between. */
export class LiveSocket {
  readonly #listener: LiveSocketListener;
  readonly #deps: LiveSocketDeps;
  readonly #socket: BrowserSocket;
  /** Commands without a reply, oldest first. */
  #unanswered: { resolve(reply: Reply): void; reject(error: Error): void; sentAt: number }[] = [];
  #openingSince: number | null;
  #heardAt: number;
  #wasHeard = false;
  #pingedAt: number | null = null;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(token: string, listener: LiveSocketListener, deps: LiveSocketDeps) {
    this.#listener = listener;
    this.#deps = deps;
    this.#openingSince = deps.elapsed();
    this.#heardAt = deps.elapsed();
    this.#socket = deps.openSocket([subprotocol, token], {
      onOpen: () => this.#onOpen(),
      onMessage: (text) => this.#receive(text),
      onClose: (code) => this.#lose(code),
    });
    this.#arm();
  }

  /** @throws ConnectionLost */
  request(command: string): Promise<Reply> {
    if (this.#isClosed) return Promise.reject(new ConnectionLost());
    return new Promise((resolve, reject) => {
      this.#unanswered.push({ resolve, reject, sentAt: this.#deps.elapsed() });
      this.#socket.send(command);
      this.#arm();
    });
  }

  /** Tests an open socket: a server that does not answer is lost. */
  probe(): void {
    if (this.#isClosed || this.#openingSince !== null || this.#pingedAt !== null) return;
    this.#pingedAt = this.#deps.elapsed();
    this.#socket.send("ping");
    this.#arm();
  }

  /** Closes the socket; the listener hears nothing more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
    for (const { reject } of this.#unanswered.splice(0)) reject(new ConnectionLost());
  }

  #onOpen(): void {
    if (this.#isClosed) return;
    this.#openingSince = null;
    this.#heardAt = this.#deps.elapsed();
    this.#arm();
    this.#listener.onOpen();
  }

  #receive(text: string): void {
    if (this.#isClosed) return;
    this.#heardAt = this.#deps.elapsed();
    this.#pingedAt = null;
    if (!this.#wasHeard) {
      this.#wasHeard = true;
      this.#listener.onHeard();
    }
    const frame = parseFrame(text);
    if (frame?.kind === "reply") this.#unanswered.shift()?.resolve(frame.reply);
    else if (frame?.kind === "event") this.#receiveEvent(frame.event);
    this.#arm();
  }

  #receiveEvent(event: LiveEvent): void {
    if (event.event === "ping") {
      const { word } = event.data;
      this.#listener.onPing(() => !this.#isClosed && this.#socket.send(`pong ${word}`));
    } else if (event.event !== "pong") this.#listener.onEvent(event);
  }

  #lose(code: number | null): void {
    if (this.#isClosed) return;
    const loss = { code, wasHeard: this.#wasHeard };
    this.close();
    this.#listener.onLost(loss);
  }

  /** When the server must have sent something. */
  #deadline(): number {
    const [oldest] = this.#unanswered;
    return Math.min(
      this.#openingSince === null ? Infinity : this.#openingSince + connectTimeoutMs,
      this.#pingedAt === null ? Infinity : this.#pingedAt + pongTimeoutMs,
      oldest ? oldest.sentAt + (this.#wasHeard ? replyTimeoutMs : connectTimeoutMs) : Infinity,
    );
  }

  /** A hidden page does not ping; it does so when it becomes visible. */
  #nextPing(): number {
    const isIdle = this.#openingSince === null && this.#pingedAt === null && this.#deps.isVisible();
    return isIdle ? this.#heardAt + silenceMs : Infinity;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const due = Math.min(this.#deadline(), this.#nextPing());
    if (due < Infinity) this.#timer = setTimeout(() => this.#onDue(due), Math.max(0, due - this.#deps.elapsed()));
  }

  #onDue(due: number): void {
    const now = this.#deps.elapsed();
    if (now > due + sleptMs) this.#forgiveSleep(now);
    else if (now >= this.#deadline()) this.#lose(null);
    else if (now >= this.#nextPing()) this.probe();
    this.#arm();
  }

  /** The answers may have arrived while the device slept, and come after this timer. */
  #forgiveSleep(now: number): void {
    if (this.#openingSince !== null) this.#openingSince = now;
    if (this.#pingedAt !== null) this.#pingedAt = now;
    for (const each of this.#unanswered) each.sentAt = now;
    this.probe();
  }
}
