import type { Source } from "../paging/long-polls.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Notes } from "../storage/notes.ts";
import type { Sql } from "../storage/sql.ts";
import { MessageStore, type NewMessage } from "./message-store.ts";

/** A message that has just been stored. */
export interface Arrival {
  log: number;
  id: number;
  message: NewMessage;
  /** The group that it came to, or null: it came to a mailbox. */
  group: FullAddress | null;
}

/** Mailboxes and groups alike: messages in order, numbered from 1. */
export class Logs {
  readonly store: MessageStore;
  readonly #arrivals: Notes<Arrival>;

  /** @param arrivals where each message is noted that is stored */
  constructor(sql: Sql, arrivals: Notes<Arrival>) {
    this.#arrivals = arrivals;
    this.store = new MessageStore(sql);
  }

  /** To be called inside a commit, with what `store` has just taken. */
  arrived(arrival: Arrival): void {
    this.#arrivals.add(arrival);
  }

  source(log: number): Source {
    return {
      key: log,
      newest: () => this.store.newest(log),
      chunk: (range) => this.store.chunk(log, range),
    };
  }
}
