import type { Outbox, Queued } from "../delivery/delivery-queues.ts";
import type { Verdict } from "../delivery/retry-policy.ts";
import { limits } from "../limits.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Change, Copy, News } from "../shard-api/outbound-items.ts";
import { first, type Sql } from "../storage/sql.ts";

export interface Surroundings {
  /** A log's name as an address. */
  addressOf(name: string): FullAddress;
  /** Something waits for a destination. Called inside a commit. */
  queued(destination: string): void;
  /** A destination says that nobody there belongs to the group. Called inside a commit. */
  unwanted(log: number, destination: string): void;
}

/**
 * What groups have yet to tell those who are not here, as an outbox of links: changes of memberships, and new messages,
 * once for each destination, however many members it leads to. For messages there is no row each, but a cursor for each
 * group and destination.
 */
export class NewsOutbox implements Outbox<News> {
  readonly #sql: Sql;
  readonly #around: Surroundings;
  /** Groups that a destination may not know the newest of; found anew at every start. */
  #behind: Map<string, Set<number>> | null = null;
  /**
   * Groups that somebody joined from a destination while a batch is under way to it, and whether it has to hear what it
   * was told before. Lost with the object, as is the batch.
   */
  readonly #joined = new Map<string, Map<number, boolean>>();

  constructor(sql: Sql, around: Surroundings) {
    this.#sql = sql;
    this.#around = around;
  }

  /** From now on a destination hears what comes to a log after message `told`. To be called inside a commit, as is all that changes something. */
  feed(log: number, destination: string, told: number): void {
    const query = "select told from feeds where log = ? and destination = ?";
    const before = first<{ told: number }>(this.#sql, query, log, destination)?.told ?? null;
    const isAgain = before === null || told < before;
    if (isAgain) this.#sql.exec("insert or replace into feeds values (?, ?, ?)", log, destination, told);
    const joined = this.#joined.get(destination) ?? new Map<number, boolean>();
    this.#joined.set(destination, joined.set(log, isAgain || joined.get(log) === true));
    this.#note(log, destination);
  }

  stop(log: number, destination: string): void {
    this.#sql.exec("delete from feeds where log = ? and destination = ?", log, destination);
  }

  /** A log has grown. */
  grown(log: number): void {
    const feeds = this.#sql.exec<{ destination: string }>("select destination from feeds where log = ?", log);
    for (const { destination } of feeds.toArray()) this.#note(log, destination);
  }

  /** @returns the notice's number */
  tell(destination: string, { uid, group, to, change, by, time, version }: Change): number {
    const row = first<{ id: number }>(
      this.#sql,
      `insert into notices (destination, uid, "group", member, change, by, time, version)
       values (?, ?, ?, ?, ?, ?, ?, ?) returning id`,
      destination,
      uid,
      group,
      to,
      change,
      by,
      time,
      version,
    );
    this.#around.queued(destination);
    return row?.id ?? 0;
  }

  isWaiting(notice: number): boolean {
    return first(this.#sql, "select 1 from notices where id = ?", notice) !== null;
  }

  /** How much waits for a destination: changes, and messages. */
  waiting(destination: string): number {
    const row = first<{ waiting: number }>(
      this.#sql,
      `select (select count(*) from notices where destination = ?1) + (select coalesce(sum(
           (select count(*) from messages where messages.log = feeds.log and messages.id > told)), 0)
         from feeds where destination = ?1) waiting`,
      destination,
    );
    return row?.waiting ?? 0;
  }

  queued(destination: string, most: number): Queued<News>[] {
    this.#joined.delete(destination);
    const batch = this.#notices(destination, most);
    const behind = this.#known().get(destination) ?? new Set();
    for (const log of behind) {
      if (batch.length >= most) break;
      const copies = this.#copies(log, destination, most - batch.length);
      if (copies.length === 0) behind.delete(log);
      batch.push(...copies);
    }
    // The next batch begins with another group: one that has much to tell does not keep the others waiting.
    const [head] = behind;
    if (head !== undefined && behind.delete(head)) behind.add(head);
    return withinChars(batch);
  }

  #notices(destination: string, most: number): Queued<News>[] {
    return this.#sql
      .exec<Omit<Change, "kind"> & { id: number }>(
        `select id, uid, "group", member "to", change, by, time, version from notices where destination = ?
         order by id limit ?`,
        destination,
        most,
      )
      .toArray()
      .map(({ id, ...change }) => ({
        account: noticesAccount,
        id,
        envelope: { kind: "membership-update", ...change },
        // An invitation may come too late. Whoever was removed has to hear of it, or their realm would go on telling them.
        since: change.change === "invited" ? change.time : never,
      }));
  }

  #copies(log: number, destination: string, most: number): Queued<News>[] {
    return this.#sql
      .exec<{ name: string; told: number; id: number; sender: FullAddress; text: string; time: number }>(
        `select logs.name, told, messages.id, sender, text, time
         from feeds join logs on logs.id = feeds.log join messages on messages.log = feeds.log and messages.id > told
         where feeds.log = ? and destination = ? order by messages.id limit ?`,
        log,
        destination,
        most,
      )
      .toArray()
      .map(({ name, told, id, sender, text, time }, index, rows) => {
        const group = this.#around.addressOf(name);
        // What retention has removed in between is gone for every reader, and no hole.
        const after = rows[index - 1]?.id ?? told;
        const envelope: Copy = { kind: "group-message", group, id, after, from: sender, text, time };
        // A cursor costs nothing while it waits, so that a copy never waits too long.
        return { account: log, id, envelope, since: never };
      });
  }

  /** The order of a group is its numbers: nothing overtakes. */
  probe(): null {
    return null;
  }

  destinations(): string[] {
    const waiting = this.#sql.exec<{ destination: string }>("select distinct destination from notices").toArray();
    const behind = [...this.#known()].filter(([, logs]) => logs.size > 0);
    return [
      ...new Set([...waiting.map(({ destination }) => destination), ...behind.map(([destination]) => destination)]),
    ];
  }

  settle(destination: string, batch: readonly Queued<News>[], verdicts: readonly Verdict[]): void {
    const joined = this.#joined.get(destination);
    const told = new Map<number, number>();
    const stuck = new Set<number>();
    for (const [index, { account, id }] of batch.entries()) {
      const verdict = verdicts[index];
      if (account === noticesAccount) {
        if (verdict) this.#sql.exec("delete from notices where id = ?", id);
      } else if (!verdict || joined?.get(account)) stuck.add(account);
      else if (verdict.state === "failed" && verdict.reason === "no-such-group") {
        // Whoever has joined meanwhile was not asked for: they are tried once more.
        if (joined?.has(account)) stuck.add(account);
        else this.#around.unwanted(account, destination);
      } else if (!stuck.has(account)) told.set(account, id);
    }
    for (const [log, id] of told) {
      this.#sql.exec("update feeds set told = ? where log = ? and destination = ?", id, log, destination);
    }
  }

  #note(log: number, destination: string): void {
    const known = this.#known();
    known.set(destination, (known.get(destination) ?? new Set()).add(log));
    this.#around.queued(destination);
  }

  #known(): Map<string, Set<number>> {
    if (this.#behind) return this.#behind;
    this.#behind = new Map();
    const rows = this.#sql.exec<{ destination: string; log: number }>(
      "select destination, log from feeds where told < (select max(id) from messages where messages.log = feeds.log)",
    );
    for (const { destination, log } of rows.toArray()) {
      this.#behind.set(destination, (this.#behind.get(destination) ?? new Set()).add(log));
    }
    return this.#behind;
  }
}

/** Stands for the notices where a copy has its log: no log has this number. */
export const noticesAccount = 0;
/** Since when something waits that never waits too long. */
const never = Number.MAX_SAFE_INTEGER;

/** As much of a batch as may travel together; always the first. */
function withinChars(batch: Queued<News>[]): Queued<News>[] {
  let chars = 0;
  const end = batch.findIndex(({ envelope }, index) => {
    chars += envelope.kind === "group-message" ? envelope.text.length : 0;
    return chars > limits.deliveryBatchMaxChars && index > 0;
  });
  return end < 0 ? batch : batch.slice(0, end);
}
