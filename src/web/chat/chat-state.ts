import type { DeliveryState } from "../../protocol/replies.ts";
import { blank, type Conversation, type Conversations, withMessage } from "./conversations.ts";
import type { LineState } from "./live-connection.ts";
import type { Stretch } from "./message-window.ts";
import { kept, type Outbox, placed, placedInGroup } from "./outbox.ts";
import type { Kind, Reply, Row } from "./reply-parser.ts";

/** Everything that the page shows of a session. Each change makes a new one. */
export interface ChatState {
  line: LineState;
  /** The list has been read once. */
  isLoaded: boolean;
  conversations: Conversations;
  outbox: Outbox;
  /** The conversation that is open, by its key. */
  open: string | null;
  /** What is held of conversations that were opened. */
  stretches: ReadonlyMap<string, Stretch>;
  /** Why the open conversation cannot be read: the server's answer. */
  refusal: Reply | null;
  /** The newest message that came while the page was open, for those who hear the page. */
  heard: { kind: Kind; address: string; row: Row } | null;
}

/** What a queued message came to. */
export interface End {
  state: DeliveryState;
  reason?: string;
}
const endsKept = 500;

export type Keeper = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Holds the state, and keeps its parts in step: a row that is here is no letter any more, and is the list's newest. */
export class Store {
  readonly me: string;
  readonly #keeper: Keeper;
  readonly #listeners = new Set<() => void>();
  /** Ends of queued messages that were heard of, by their numbers in `sent`: an answer that is older may come later. */
  readonly #ends = new Map<number, End>();
  #state: ChatState;

  constructor(me: string, keeper: Keeper) {
    this.me = me;
    this.#keeper = keeper;
    this.#state = {
      line: { is: "connecting" },
      isLoaded: false,
      conversations: new Map(),
      outbox: kept(keeper.getItem(this.#place)),
      open: null,
      stretches: new Map(),
      refusal: null,
      heard: null,
    };
  }

  get state(): ChatState {
    return this.#state;
  }

  /** @returns how to stop listening */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  conversation(key: string): Conversation {
    const slash = key.indexOf("/");
    return this.#state.conversations.get(key) ?? blank(key.slice(0, slash) as Kind, key.slice(slash + 1));
  }

  get openStretch(): Stretch | undefined {
    return this.#state.open === null ? undefined : this.#state.stretches.get(this.#state.open);
  }

  set(change: Partial<ChatState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  setMessage(kind: Kind, address: string, row: Row): void {
    const known = this.withEnd(row);
    this.set({ conversations: withMessage(this.#state.conversations, kind, address, known, this.me) });
  }

  noteEnd(sent: number, end: End): void {
    const [oldest] = this.#ends.keys();
    if (oldest !== undefined && this.#ends.size >= endsKept) this.#ends.delete(oldest);
    this.#ends.set(sent, end);
  }

  endOf(sent: number | undefined): End | null {
    return (sent !== undefined && this.#ends.get(sent)) || null;
  }

  /** A row with its end, where that is known already. */
  withEnd(row: Row): Row {
    const end = row.state === "queued" ? this.endOf(row.sent) : null;
    return end ? { ...row, ...end } : row;
  }

  /** @param stretch null lets it go */
  setStretch(key: string, stretch: Stretch | null): void {
    const stretches = new Map(this.#state.stretches);
    if (stretch) stretches.set(key, { ...stretch, rows: stretch.rows.map((row) => this.withEnd(row)) });
    else stretches.delete(key);
    this.set({ stretches });
    if (!stretch) return;
    const { kind, address } = this.conversation(key);
    const last = stretch.rows.at(-1);
    if (last && stretch.reachesEnd) this.setMessage(kind, address, last);
    const { outbox } = this.#state;
    const { rows } = stretch;
    this.setOutbox(kind === "private" ? placed(outbox, rows) : placedInGroup(outbox, address, rows, this.me));
  }

  setOutbox(outbox: Outbox): void {
    try {
      if (outbox.length > 0) this.#keeper.setItem(this.#place, JSON.stringify(outbox));
      else this.#keeper.removeItem(this.#place);
    } catch {
      // The browser's store is full: the letters live as long as the page.
    }
    this.set({ outbox });
  }

  /** What was not sent does not outlive the session that its owner ends. */
  forget(): void {
    this.setOutbox([]);
  }

  get #place(): string {
    return `ranah-outbox ${this.me}`;
  }
}
