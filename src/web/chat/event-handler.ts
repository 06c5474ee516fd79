import type { LiveEvent } from "../../protocol/events.ts";
import type { SentMessage } from "../../protocol/replies.ts";
import type { Store } from "./chat-state.ts";
import { keyOf, withEnd, withRead, withRole } from "./conversations.ts";
import type { Reader } from "./history-loader.ts";
import { withArrival, withState } from "./message-window.ts";
import type { Postman } from "./outbox-sender.ts";
import type { Kind, Row } from "./reply-parser.ts";

/** What the page makes of events. One that it does not know changes nothing. */
export class Hearing {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #postman: Postman;

  constructor(store: Store, reader: Reader, postman: Postman) {
    this.#store = store;
    this.#reader = reader;
    this.#postman = postman;
  }

  hear(event: LiveEvent): void {
    switch (event.event) {
      case "message": {
        const { from, text, time, thread } = event.data;
        if (thread === undefined) void this.#reader.refresh();
        else this.arrived("private", from, { id: thread, from, text, time });
        break;
      }
      case "group-message": {
        const { group, ...row } = event.data;
        if (!this.#store.state.conversations.has(keyOf("group", group))) void this.#reader.refresh();
        this.arrived("group", group, row);
        break;
      }
      case "sent": {
        const { to, thread, id, ...row } = event.data;
        this.arrived("private", to, { ...row, id: thread, sent: id, from: this.#store.me });
        break;
      }
      case "delivery":
        this.ended(event.data);
        break;
      case "read": {
        const { kind, with: address, id } = event.data;
        this.#store.set({ conversations: withRead(this.#store.state.conversations, kind, address, id) });
        // How many are left only the server knows.
        if (this.#store.conversation(keyOf(kind, address)).unread > 0) void this.#reader.refresh();
        break;
      }
      case "membership": {
        const { group, role } = event.data;
        this.#store.set({ conversations: withRole(this.#store.state.conversations, group, role) });
        void this.#reader.refresh();
      }
    }
  }

  /** A message has come, or one's own has become a row. */
  arrived(kind: Kind, address: string, row: Row): void {
    const key = keyOf(kind, address);
    const isNew = row.id > this.#store.conversation(key).newest;
    this.#store.setMessage(kind, address, row);
    if (isNew && row.from !== this.#store.me) this.#store.set({ heard: { kind, address, row } });
    const held = this.#store.state.stretches.get(key);
    if (!held) return;
    const { stretch, gap } = withArrival(held, row);
    if (!gap) this.#store.setStretch(key, stretch);
    else if (key === this.#store.state.open) void this.#reader.catchUp();
    else this.#store.setStretch(key, null);
  }

  /** A queued message has come to its end. */
  ended({ id, to, state, reason }: Ended): void {
    const news = reason === undefined ? { state } : { state, reason };
    this.#store.noteEnd(id, news);
    const key = keyOf("private", to);
    const held = this.#store.state.stretches.get(key);
    if (held) this.#store.setStretch(key, withState(held, id, news));
    this.#store.set({ conversations: withEnd(this.#store.state.conversations, to, id, news) });
    this.#postman.ended(id, news);
  }
}

type Ended = Pick<SentMessage, "id" | "to" | "state" | "reason">;
