import { first, type Sql } from "../storage/sql.ts";
import { type Health, well } from "./retry-policy.ts";

/** The SQL of the links: how each destination is doing, and when it was there last. */
export class HealthStore {
  readonly #sql: Sql;
  readonly #prefix: string;

  /** @param prefix sets the links of one kind apart from those of another to the same destinations; it ends in a space */
  constructor(sql: Sql, prefix = "") {
    this.#sql = sql;
    this.#prefix = prefix;
  }

  of(destination: string): Health {
    return (
      first<Row>(
        this.#sql,
        "select failures, due, width, breaks, since, proven, asked from links where destination = ?",
        this.#prefix + destination,
      ) ?? well
    );
  }

  set(destination: string, { failures, due, width, breaks, since, proven, asked }: Health): void {
    this.#sql.exec(
      `insert into links (destination, failures, due, width, breaks, since, proven, asked)
       values (?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (destination) do update set failures = excluded.failures, due = excluded.due,
         width = excluded.width, breaks = excluded.breaks, since = excluded.since, proven = excluded.proven, asked = excluded.asked`,
      this.#prefix + destination,
      failures,
      due,
      width,
      breaks,
      since,
      proven,
      asked,
    );
  }

  /** Notes that a destination was there, at most once in `everyMs` milliseconds. */
  noteContact(destination: string, now: number, everyMs: number): void {
    this.#sql.exec(
      `insert into links (destination, failures, due, width, breaks, since, proven, asked, contact)
       values (?1, 0, 0, ?2, 0, 0, 0, 0, ?3)
       on conflict (destination) do update set contact = excluded.contact where contact <= ?3 - ?4`,
      this.#prefix + destination,
      well.width,
      now,
      everyMs,
    );
  }

  /** Forgets how a destination was doing. */
  forget(destination: string): void {
    this.#sql.exec("delete from links where destination = ?", this.#prefix + destination);
  }

  /** Every destination that there is anything to know of. */
  contacts(): string[] {
    return this.#sql
      .exec<{ destination: string }>("select destination from links")
      .toArray()
      .map((row) => row.destination)
      .filter((name) => name.startsWith(this.#prefix) && !name.slice(this.#prefix.length).includes(" "))
      .map((name) => name.slice(this.#prefix.length));
  }

  /** Milliseconds since 1970; 0: never. */
  contact(destination: string): number {
    const row = first<{ contact: number }>(
      this.#sql,
      "select contact from links where destination = ?",
      this.#prefix + destination,
    );
    return row?.contact ?? 0;
  }
}

type Row = { [Field in keyof Health]: number };
