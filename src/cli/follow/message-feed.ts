import { limits } from "../../limits.ts";
import { closeCodes } from "../../protocol/events.ts";
import { CliError } from "../cli-error.ts";
import { isObject } from "../client/command-reply.ts";
import { type Frame, LiveSocket } from "../client/live-socket.ts";
import { Pauses, pause } from "../client/pauses.ts";
import { readMessages } from "../client/read-pages.ts";
import type { RealmClient } from "../client/realm-client.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Text } from "../language.ts";
import { isMessageRow, type MessageRow } from "../output/message-row.ts";

export interface FeedDeps {
  client: RealmClient;
  origin: URL;
  token: string;
  /** The full address of a group; null: the mailbox. */
  group: string | null;
  /** The account gets the events of the log. Without them the feed asks again and again. */
  hasEvents: boolean;
  stop: AbortSignal;
  note: (text: Text, values?: Record<string, string | number>) => void;
}

/**
 * The messages of one log after a cursor, in order, each once, without end. A socket only says sooner that there is something: a
 * gap in its events, a full queue and every new connection make the feed read the log itself. So no event is needed to arrive.
 */
export class MessageFeed {
  readonly #deps: FeedDeps;
  #cursor: number;
  /** Messages that have come over the socket and wait for the consumer. */
  #queue: MessageRow[] = [];
  /** The log may have messages that are not in the queue. */
  #isBehind = false;
  #closeCode: number | null = null;
  #wake: () => void = () => {};

  constructor(deps: FeedDeps, cursor: number) {
    this.#deps = deps;
    this.#cursor = cursor;
  }

  async *messages(): AsyncGenerator<MessageRow> {
    const { stop, note } = this.#deps;
    const wake = () => this.#wake();
    stop.addEventListener("abort", wake);
    const pauses = new Pauses();
    let hasWorked = false;
    let isCut = false;
    while (!stop.aborted) {
      const startedAt = performance.now();
      const socket = this.#deps.hasEvents ? await this.#open() : null;
      try {
        yield* this.#readLog(socket ? 0 : limits.waitMaxSeconds);
        if (isCut) note(["tersambung lagi", "connected again"]);
        isCut = false;
        hasWorked = true;
        if (socket) yield* this.#readSocket();
      } catch (error) {
        if (!(error instanceof CliError && error.isTemporary && hasWorked)) throw error;
        if (!isCut)
          note(["sambungan putus, mencoba lagi: {reason}", "connection lost, trying again: {reason}"], {
            reason: error.message,
          });
        isCut = true;
      } finally {
        socket?.close();
      }
      this.#checkCloseCode();
      if (performance.now() - startedAt > limits.cliHeartbeatMs) pauses.reset();
      if (!stop.aborted && (socket || isCut)) await pause(pauses.next(), stop);
    }
  }

  #open(): Promise<LiveSocket | null> {
    const { origin, token, client } = this.#deps;
    this.#queue = [];
    this.#isBehind = false;
    this.#closeCode = null;
    return LiveSocket.open(
      { origin, token, language: client.deps.language, timeoutMs: client.deps.timeoutMs },
      {
        frame: (frame) => this.#receive(frame),
        closed: (code) => {
          this.#closeCode = code;
          this.#wake();
        },
      },
    );
  }

  #receive({ event, data }: Frame): void {
    const { group } = this.#deps;
    if (!isObject(data)) return;
    const isOurs = group === null ? event === "message" : event === "group-message" && data.group === group;
    // A member that is removed gets no further events: the log then says whether it may still be read.
    if (event === "membership" && data.group === group) this.#isBehind = true;
    else if (!isOurs) return;
    else if (!isMessageRow(data) || this.#queue.length >= limits.cliQueueMax) this.#isBehind = true;
    else this.#queue.push({ id: data.id, from: data.from, text: data.text, time: data.time });
    this.#wake();
  }

  async *#readSocket(): AsyncGenerator<MessageRow> {
    while (!this.#deps.stop.aborted) {
      if (this.#isBehind) {
        this.#isBehind = false;
        this.#queue = [];
        yield* this.#readLog(0);
        continue;
      }
      const next = this.#queue.shift();
      if (next === undefined) {
        if (this.#closeCode !== null) return;
        await this.#untilWoken();
      } else if (next.id > this.#cursor + 1) {
        this.#isBehind = true;
      } else if (next.id > this.#cursor) {
        yield next;
        this.#cursor = next.id;
      }
    }
  }

  /** Reads everything after the cursor. @param wait seconds to wait if there is nothing */
  async *#readLog(wait: number): AsyncGenerator<MessageRow> {
    const { client, group, stop } = this.#deps;
    const log = group === null ? { command: "inbox" } : { command: "inboxgroup", parameter: group };
    for (;;) {
      const page = await readMessages(client, { ...log, after: this.#cursor, limit: limits.cliPageRows, wait });
      for (const row of page) {
        if (stop.aborted) return;
        yield row;
        this.#cursor = row.id;
      }
      if (page.length < limits.cliPageRows) return;
    }
  }

  /** Resolves when something happens; after a while without events it lets the log be read, should one have been lost. */
  async #untilWoken(): Promise<void> {
    const timer = setTimeout(() => {
      this.#isBehind = true;
      this.#wake();
    }, limits.cliRecheckMs);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(timer);
  }

  /** @throws {CliError} if another socket would be closed like this one */
  #checkCloseCode(): void {
    if (this.#closeCode === closeCodes.sessionEnded) {
      throw new CliError(exitCodes.notAllowed, "session-ended", [
        "Sesi berakhir; lakukan ranah login lagi",
        "The session has ended; use ranah login again",
      ]);
    }
    if (this.#closeCode === closeCodes.replaced) {
      throw new CliError(exitCodes.failed, "replaced", [
        "Akun ini membuka terlalu banyak sambungan yang lebih baru",
        "The account has opened too many newer connections",
      ]);
    }
  }
}
