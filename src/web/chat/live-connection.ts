import { closeCodes, type LiveEvent, subprotocol } from "../../protocol/events.ts";
import { pauseMs } from "./backoff.ts";
import { frameOf, type Reply } from "./reply-parser.ts";

export type LineState =
  | { is: "connecting" }
  | { is: "open" }
  /** Tried again at `until`, in milliseconds since 1970. */
  | { is: "waiting"; until: number }
  /** The session is over. */
  | { is: "ended" };

/** What the line needs of the browser; tests put others in their place. */
export interface World {
  connect(protocols: string[]): WebSocket;
  /** Whether the session is over: a browser does not say why a socket was refused. */
  isOver(): Promise<boolean>;
  now(): number;
  random(): number;
}

export interface Listener {
  changed(state: LineState): void;
  heard(event: LiveEvent): void;
}

/** Why a command has no answer: the line went away before it came, or there was none. */
export class LineLost extends Error {}

/** A line that takes longer to open does not: a network that swallows everything says nothing for minutes. */
const openingMs = 10_000;
/** An answer that takes longer does not come: the server says `queued` within 3 s, and reads are short. */
const patienceMs = 20_000;

/** The live socket: commands go out and are answered in their order, events come in between, and it comes back by itself. */
export class Line {
  readonly #token: string;
  readonly #listener: Listener;
  readonly #world: World;
  #socket: WebSocket | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Commands without an answer yet, oldest first. */
  #asked: { resolve(reply: Reply): void; reject(error: Error): void; since: number }[] = [];
  #state: LineState = { is: "connecting" };

  constructor(token: string, listener: Listener, world: World) {
    this.#token = token;
    this.#listener = listener;
    this.#world = world;
  }

  get state(): LineState {
    return this.#state;
  }

  open(): void {
    this.#letGo();
    this.#become({ is: "connecting" });
    let isOpen = false;
    const socket = this.#world.connect([subprotocol, this.#token]);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#drop(), openingMs);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      isOpen = true;
      this.#become({ is: "open" });
    };
    socket.onmessage = ({ data }) => this.#heard(String(data));
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) void this.#lost(code === closeCodes.sessionEnded, isOpen);
    };
  }

  /** Sends a command. @throws LineLost where there is no line, or it goes away before the answer */
  ask(command: string): Promise<Reply> {
    const socket = this.#socket;
    if (!socket || this.#state.is !== "open") return Promise.reject(new LineLost());
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject, since: this.#world.now() });
      socket.send(command);
      this.#watch();
    });
  }

  /** The device woke up or found its network: a line that looks open may be dead, and a pause can end now. */
  nudge(): void {
    if (this.#state.is === "waiting" || this.#state.is === "connecting") this.open();
    else if (this.#state.is === "open") this.ask("whoami").catch(() => {});
  }

  /** Ends it for good. */
  close(): void {
    this.#letGo();
    this.#rejectAll();
  }

  #heard(text: string): void {
    const frame = frameOf(text);
    if (frame?.kind === "reply") {
      this.#failures = 0;
      this.#asked.shift()?.resolve(frame.reply);
      this.#watch();
    } else if (frame?.kind === "event") this.#listener.heard(frame.event);
  }

  /** Gives the oldest unanswered command its time. A connection can be dead for minutes before the browser knows. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [oldest] = this.#asked;
    if (!oldest) return;
    this.#timer = setTimeout(() => this.#drop(), oldest.since + patienceMs - this.#world.now());
  }

  /** Waits no longer for a socket that says nothing. */
  #drop(): void {
    this.#letGo();
    void this.#lost(false, true);
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  async #lost(isOver: boolean, wasOpen: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#socket = null;
    this.#rejectAll();
    if (isOver) return this.#become({ is: "ended" });
    const pause = pauseMs(this.#failures++, this.#world.random());
    const until = this.#world.now() + pause;
    this.#timer = setTimeout(() => this.open(), pause);
    this.#become({ is: "waiting", until });
    if (wasOpen || !(await this.#world.isOver())) return;
    this.close();
    this.#become({ is: "ended" });
  }

  #rejectAll(): void {
    for (const { reject } of this.#asked.splice(0)) reject(new LineLost());
  }

  #become(state: LineState): void {
    this.#state = state;
    this.#listener.changed(state);
  }
}
