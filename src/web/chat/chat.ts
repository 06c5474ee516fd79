import type { SentMessage } from "../../protocol/replies.ts";
import { type ChatState, type Keeper, Store } from "./chat-state.ts";
import { keyOf } from "./conversations.ts";
import { Hearing } from "./event-handler.ts";
import { Reader } from "./history-loader.ts";
import { Line, LineLost, type LineState, type World } from "./live-connection.ts";
import { Postman } from "./outbox-sender.ts";
import type { Reply } from "./reply-parser.ts";
import type { Session } from "./session-storage.ts";

export interface Surroundings extends World {
  /** A command over HTTP. */
  post(command: string): Promise<Reply>;
  newKey(): string;
  keeper: Keeper;
}

/** What comes of a question over HTTP that is not answered: it may be asked again. */
const noAnswer: Reply = { status: "ERROR", data: "", error: "no-answer", retryAfter: 5 };
/** Conversations that are held besides the open one, so that going back to one shows it at once. */
const stretchesKept = 4;

/** One session on the page: what it shows, the line to the server, and what one can do. */
export class Chat {
  readonly store: Store;
  readonly reader: Reader;
  readonly postman: Postman;
  readonly #around: Surroundings;
  readonly #line: Line;
  readonly #hearing: Hearing;

  constructor(session: Session, around: Surroundings) {
    this.#around = around;
    this.store = new Store(session.user, around.keeper);
    this.#line = new Line(
      session.token,
      { changed: (state) => this.#lineChanged(state), heard: (event) => this.#hearing.hear(event) },
      around,
    );
    this.reader = new Reader(this.store, (command) => this.ask(command));
    this.postman = new Postman(this.store, {
      ask: (command) => this.#line.ask(command),
      isOpen: () => this.#line.state.is === "open",
      newKey: () => around.newKey(),
      now: () => around.now(),
      arrived: (kind, address, row) => this.#hearing.arrived(kind, address, row),
      catchUp: () => this.reader.catchUp(),
    });
    this.#hearing = new Hearing(this.store, this.reader, this.postman);
  }

  start(): void {
    this.#line.open();
  }

  stop(): void {
    this.reader.flush();
    this.#line.close();
  }

  /** The device woke up, or somebody wants to wait no longer. */
  nudge(): void {
    this.#line.nudge();
  }

  /** Carries out a command. @throws LineLost */
  async ask(command: string): Promise<Reply> {
    const reply = await this.#line.ask(command);
    if (reply.error !== "reply-too-large") return reply;
    // A frame has its limit; a page of the longest messages does not fit one, and HTTP has none.
    return this.#around.post(command).catch(() => noAnswer);
  }

  /** A command after which the list may be another. @throws LineLost */
  async change(command: string): Promise<Reply> {
    const reply = await this.ask(command);
    await this.reader.refresh();
    return reply;
  }

  /** Opens a conversation, or none. */
  show(key: string | null): void {
    const { open, stretches } = this.store.state;
    if (key === open) return;
    const own = key === null ? undefined : stretches.get(key);
    const held = [...stretches].filter(([each]) => each !== key).slice(-stretchesKept);
    this.store.set({ open: key, refusal: null, stretches: new Map(own && key ? [...held, [key, own]] : held) });
    // Without a line it is read when there is one. What was held was told of no more, if I am not in that group.
    if (key === null || this.#line.state.is !== "open") return;
    if (own?.reachesEnd) void this.reader.catchUp();
    else void this.reader.toNewest();
  }

  #lineChanged(line: LineState): void {
    this.store.set({ line });
    if (line.is === "open") this.#lineOpened();
    else this.postman.lineLost();
  }

  #lineOpened(): void {
    const { openStretch: own, state } = this.store;
    // Of all but the open conversation nobody knows what was missed meanwhile.
    this.store.set({ stretches: new Map(own && state.open ? [[state.open, own]] : []), refusal: null });
    this.postman.pump();
    this.reader.flush();
    void this.reader.refresh();
    void this.#askForEnds();
    if (own?.reachesEnd) void this.reader.catchUp();
    else if (!own || this.#isWriting(state)) void this.reader.toNewest();
  }

  /** Whether something that was written to the open conversation is to be shown: it stands at the end. */
  #isWriting({ open, outbox }: ChatState): boolean {
    return outbox.some(({ kind, to }) => keyOf(kind, to) === open);
  }

  /** What was queued when the line was lost may have come to its end, and nobody says that again. */
  async #askForEnds(): Promise<void> {
    const { openStretch, state } = this.store;
    const queued = [...(openStretch?.rows ?? []), ...state.outbox].filter((each) => each.state === "queued");
    try {
      for (const { sent } of queued) {
        const { status, data } = await this.ask(`status ${sent}`);
        const end = status === "OK" ? (data as SentMessage) : null;
        if (end && end.state !== "queued") this.#hearing.ended(end);
      }
    } catch (error) {
      if (!(error instanceof LineLost)) throw error;
    }
  }
}
