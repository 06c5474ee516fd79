import type { Store } from "./chat-state.ts";
import { fits, sendCommand } from "./command.ts";
import { keyOf } from "./conversations.ts";
import { LineLost } from "./live-connection.ts";
import {
  answered,
  due,
  ended,
  isPassing,
  type Letter,
  lineLost,
  placedInGroup,
  retried,
  sending,
  withLetter,
  without,
} from "./outbox.ts";
import type { Kind, Reply, Row } from "./reply-parser.ts";

export interface Ways {
  /** @throws LineLost */
  ask(command: string): Promise<Reply>;
  isOpen(): boolean;
  newKey(): string;
  now(): number;
  /** A message has become a row. */
  arrived(kind: Kind, address: string, row: Row): void;
  /** Reads what the open conversation is lacking. */
  catchUp(): Promise<void>;
}

/** How long the event of an own message to a group may take before the group is read. */
const eventPatienceMs = 300;

/** Takes the letters of the outbox to the server, each until it has an answer. */
export class Postman {
  readonly #store: Store;
  readonly #ways: Ways;

  constructor(store: Store, ways: Ways) {
    this.#store = store;
    this.#ways = ways;
  }

  /** Writes a message; it goes out when there is a line. @returns whether it is short enough to go out */
  write(conversation: string, text: string): boolean {
    const { kind, address } = this.#store.conversation(conversation);
    const key = this.#ways.newKey();
    if (!fits(sendCommand(kind, address, text, key))) return false;
    const written = new Date(this.#ways.now()).toISOString();
    this.#store.setOutbox(withLetter(this.#outbox, { key, kind, to: address, text, written }));
    this.pump();
    return true;
  }

  retry(key: string): void {
    this.#store.setOutbox(retried(this.#outbox, key, this.#ways.newKey()));
    this.pump();
  }

  discard(key: string): void {
    this.#store.setOutbox(without(this.#outbox, key));
  }

  lineLost(): void {
    this.#store.setOutbox(lineLost(this.#outbox));
  }

  /** Puts on the line what is due. Each answer calls it again. */
  pump(): void {
    if (!this.#ways.isOpen()) return;
    for (const letter of due(this.#outbox)) void this.#deliver(letter);
  }

  /** A queued message has come to its end. */
  ended(sent: number, news: Pick<Letter, "state" | "reason">): void {
    const letter = this.#outbox.find((each) => each.sent === sent);
    if (!letter) return;
    this.#store.setOutbox(ended(this.#outbox, sent, news));
    if (news.state === "delivered") this.#settle(letter.to);
  }

  get #outbox() {
    return this.#store.state.outbox;
  }

  async #deliver({ key, kind, to, text }: Letter): Promise<void> {
    this.#store.setOutbox(sending(this.#outbox, key, this.#store.conversation(keyOf(kind, to)).newest));
    let reply: Reply;
    try {
      reply = await this.#ways.ask(sendCommand(kind, to, text, key));
    } catch (error) {
      // The letter waits again, since the line was lost.
      if (error instanceof LineLost) return;
      throw error;
    }
    const { outbox, row } = answered(this.#outbox, key, reply, this.#store.me);
    this.#store.setOutbox(outbox);
    const sent = reply.delivery?.id;
    // The end may have been heard of before this answer.
    const end = this.#store.endOf(sent);
    if (row) this.#ways.arrived(kind, to, this.#store.withEnd(row));
    else if (end && sent !== undefined) this.ended(sent, end);
    else if (kind === "group" && reply.delivery?.state === "delivered") this.#settle(to);
    if (isPassing(reply)) setTimeout(() => this.pump(), (reply.retryAfter ?? 1) * 1000);
    else this.pump();
  }

  /** A message to a group is stored: its row is here, or on its way as an event; where that was missed it is read. */
  #settle(group: string): void {
    const conversation = keyOf("group", group);
    const rows = this.#store.state.stretches.get(conversation)?.rows ?? [];
    this.#store.setOutbox(placedInGroup(this.#outbox, group, rows, this.#store.me));
    const isLeft = ({ kind, to, state }: Letter) => kind === "group" && to === group && state === "delivered";
    if (!this.#outbox.some(isLeft)) return;
    setTimeout(async () => {
      if (!this.#outbox.some(isLeft)) return;
      if (this.#store.state.open === conversation) await this.#ways.catchUp();
      // A conversation that is not shown is read when it is.
      else this.#store.setOutbox(this.#outbox.filter((letter) => !isLeft(letter)));
    }, eventPatienceMs);
  }
}
