import type { Logs, Reader } from "../message/logs.ts";
import type { Chunk } from "../message/stream.ts";
import type { Page } from "../protocol/commands.ts";
import type { FullAddress, Name } from "../protocol/names.ts";
import { type Answer, type Failure, failure, said } from "../protocol/replies.ts";
import type { Clock, Sql } from "../sql.ts";

/** The groups of this shard. An open group is everybody's: whoever is logged in may send to it and read it. */
export class Groups {
  readonly #sql: Sql;
  readonly #logs: Logs;
  readonly #clock: Clock;

  constructor(sql: Sql, logs: Logs, clock: Clock) {
    this.#sql = sql;
    this.#logs = logs;
    this.#clock = clock;
  }

  /** To be called inside a commit. */
  create(name: Name, owner: FullAddress): Answer {
    if (this.#logs.store.findLog("group", name) !== null) return failure("group-exists", { name });
    const id = this.#logs.store.addLog("group", name);
    this.#sql.exec("insert into groups (id, owner, created) values (?, ?, ?)", id, owner, this.#clock());
    return said("group-created", { name });
  }

  /** @param address the group's, for the text of an error */
  async read(name: Name, address: FullAddress, page: Page, reader: Reader): Promise<Answer> {
    const log = this.#logs.store.findLog("group", name);
    if (log === null) return failure("no-such-group", { address });
    return this.#logs.read(log, page, reader);
  }

  /** As `read`, but one chunk only: what another realm gets at a time. */
  async firstChunk(name: Name, address: FullAddress, page: Page, reader: Reader): Promise<Chunk | Failure> {
    const log = this.#logs.store.findLog("group", name);
    if (log === null) return failure("no-such-group", { address });
    return this.#logs.firstChunk(log, page, reader);
  }
}
