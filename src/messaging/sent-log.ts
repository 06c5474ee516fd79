import type { Outbox, Queued } from "../delivery/delivery-queues.ts";
import type { FailureReason, Verdict } from "../delivery/retry-policy.ts";
import { limits } from "../limits.ts";
import { removable } from "../paging/page-range.ts";
import type { FullAddress, Name } from "../protocol/names.ts";
import type { DeliveryState } from "../protocol/replies.ts";
import { first, type Row, type Sql, type Transaction } from "../storage/sql.ts";
import { Recall } from "../storage/transactional-cache.ts";
import type { LogKind, Spot } from "./message-store.ts";

/** What an account sent, as far as its state is concerned. */
export interface Sent {
  id: number;
  state: DeliveryState;
  reason: FailureReason | null;
  /** The link that the message took or takes; null: it never had to leave. */
  destination: string | null;
}
export interface SentMessage extends Sent {
  kind: LogKind;
  recipient: FullAddress;
  text: string;
  /** Its number in its conversation; null: to a group, or sent before that was noted. */
  line: number | null;
}
/** What a key was used for. Retention can have removed the text from where it is a moment before it comes by here. */
type Keyed = Omit<SentMessage, "text"> & { text: string | null };
export interface Outgoing {
  kind: LogKind;
  recipient: FullAddress;
  text: string;
  time: number;
  key: string | null;
  line: number | null;
}
/** A message as `sent` reads it. */
export interface SentRow extends Omit<SentMessage, "line"> {
  time: number;
  key: string | null;
  /** What its link had failed in a row when the message was queued. */
  failuresBefore: number;
}
/**
 * The SQL of the sent log, which is also the outbox. What a mailbox of this object took at once has its text there, and there
 * alone: both are removed by the same sweep.
 */
export class SentLog implements Outbox {
  readonly #sql: Sql;
  readonly #addressOf: (name: Name) => FullAddress;
  /** The highest number that each account has ever used. */
  readonly #last = new Recall<number, number>();

  /** @param addressOf the full address of an account of this realm */
  constructor(sql: Sql, addressOf: (name: Name) => FullAddress) {
    this.#sql = sql;
    this.#addressOf = addressOf;
  }

  /** A transaction that drops what is kept at hand when it is rolled back. */
  within(transaction: Transaction): Transaction {
    return this.#last.within(transaction);
  }

  get(account: number, id: number): Sent | null {
    return first<Row<Sent>>(
      this.#sql,
      "select id, state, reason, destination from sent where account = ? and id = ?",
      account,
      id,
    );
  }

  /** What an account has sent with a key. A key is free again as soon as its message is gone. To be called inside a commit. */
  takeKey(account: number, key: string): SentMessage | null {
    const found = first<Row<Keyed>>(this.#sql, keyQuery, account, key);
    if (!found) return null;
    const { text, ...rest } = found;
    if (text !== null) return { ...rest, text };
    this.#sql.exec("update sent set key = null where account = ? and id = ?", account, found.id);
    return null;
  }

  newest(account: number): number {
    return first<{ id: number | null }>(this.#sql, "select max(id) id from sent where account = ?", account)?.id ?? 0;
  }

  rows(account: number, after: number, until: number, most: number): SentRow[] {
    const query = `${rowQuery} and account = ? and sent.id > ? and sent.id <= ? order by sent.id limit ?`;
    return this.#sql.exec<Row<SentRow>>(query, account, after, until, most).toArray();
  }

  row(account: number, column: "id" | "key", value: number | string): SentRow | null {
    return first<Row<SentRow>>(this.#sql, `${rowQuery} and account = ? and sent.${column} = ?`, account, value);
  }

  /**
   * Records a message that is where it belongs already.
   *
   * @param spot where its text is kept as long as this; null: that is not certain
   */
  addDelivered(account: number, message: Outgoing, spot: Spot | null): Sent {
    return this.#add(account, message, { state: "delivered", reason: null, destination: null }, spot);
  }

  /** Records a message that was refused on the spot: like one that was refused elsewhere, it is part of what was sent. */
  addFailed(account: number, message: Outgoing, reason: FailureReason): Sent {
    return this.#add(account, message, { state: "failed", reason, destination: null });
  }

  /** Records a message that has to leave this object. */
  addQueued(account: number, message: Outgoing, destination: string): Sent {
    return this.#add(account, message, { state: "queued", reason: null, destination });
  }

  #add(account: number, message: Outgoing, fate: Omit<Sent, "id">, spot: Spot | null = null): Sent {
    const { kind, recipient, text, time, key, line } = message;
    const id = this.#last.of(account, () => first<{ id: number }>(this.#sql, lastQuery, account)?.id ?? 0) + 1;
    const { state, reason, destination } = fate;
    const row = [account, id, kind, recipient, spot ? "" : text, time, state, reason, key, line];
    if (destination === null) this.#sql.exec(addQuery, ...row, spot?.log ?? null, spot?.id ?? null);
    else this.#sql.exec(queueQuery, ...row, crypto.randomUUID(), destination);
    this.#last.set(account, id);
    return { id, ...fate };
  }

  /** The oldest messages for a destination, in the order in which they were queued, as far as they fit one batch. */
  queued(destination: string, most: number): Queued[] {
    const batch: Queued[] = [];
    let chars = 0;
    const query = `${queuedQuery} where destination = ? and position is not null order by position limit ?`;
    for (const row of this.#sql.exec<QueuedRow>(query, destination, most).toArray()) {
      chars += row.text.length;
      if (chars > limits.deliveryBatchMaxChars && batch.length > 0) break;
      batch.push(this.#queuedOf(row));
    }
    return batch;
  }

  /**
   * A message from behind the first, to see whether the destination takes any. It is the first from its sender to its
   * recipient, and they are not those of the first message: nothing is overtaken that has to stay in order.
   *
   * @param number 0 for the nearest; beyond the last it begins again
   * @returns null where there is no such message
   */
  probe(destination: string, number: number): Queued | null {
    const [, ...behind] = this.#sql
      .exec<{ position: number }>(
        `select min(position) position from sent where destination = ? and position is not null
         group by account, kind, recipient order by 1`,
        destination,
      )
      .toArray();
    const chosen = behind[number % behind.length];
    if (!chosen) return null;
    const row = first<QueuedRow>(
      this.#sql,
      `${queuedQuery} where destination = ? and position = ?`,
      destination,
      chosen.position,
    );
    return row && this.#queuedOf(row);
  }

  #queuedOf({ account, id, kind, sender, recipient, text, time, uid }: QueuedRow): Queued {
    const envelope = { uid, kind, from: this.#addressOf(sender), to: recipient, text, time };
    return { account, id, envelope, since: time };
  }

  settle(_destination: string, batch: readonly Queued[], verdicts: readonly Verdict[]): void {
    for (const [index, { account, id }] of batch.entries()) {
      const verdict = verdicts[index];
      if (!verdict) continue;
      this.#sql.exec(
        "update sent set state = ?, reason = ?, position = null where account = ? and id = ?",
        verdict.state,
        verdict.state === "failed" ? verdict.reason : null,
        account,
        id,
      );
    }
  }

  /** Removes the oldest of what an account sent before `before`, up to what still waits. @returns whether there may be more */
  sweep(account: number, before: number): boolean {
    const oldest = this.#sql
      .exec<{ id: number; time: number; state: DeliveryState }>(
        "select id, time, state from sent where account = ? order by id limit ?",
        account,
        limits.retentionChunkRows,
      )
      .toArray();
    const old = removable(oldest, ({ time, state }) => time >= before || state === "queued");
    if (!old) return false;
    this.#sql.exec("update accounts set sent_floor = ? where id = ?", old.upTo, account);
    this.#sql.exec("delete from sent where account = ? and id <= ?", account, old.upTo);
    return old.isMore;
  }

  /** Every destination that something waits for. It leaps from one to the next in the index, however long the queues. */
  destinations(): string[] {
    return this.#sql
      .exec<{ destination: string }>(
        `with recursive waiting (destination) as (
           select min(destination) from sent where position is not null
           union all
           select (select min(destination) from sent where position is not null and destination > waiting.destination)
           from waiting where waiting.destination is not null
         )
         select destination from waiting where destination is not null`,
      )
      .toArray()
      .map((row) => row.destination);
  }

  /** How many messages wait for a destination. */
  waiting(destination: string): number {
    const row = first<{ waiting: number }>(
      this.#sql,
      "select count(*) waiting from sent where destination = ? and position is not null",
      destination,
    );
    return row?.waiting ?? 0;
  }
}

/** What never leaves needs no uid. */
const addQuery = `insert into sent (account, id, kind, recipient, text, time, state, reason, key, line, mailbox, mail, uid)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')`;
const queueQuery = `insert into sent (account, id, kind, recipient, text, time, state, reason, key, line, uid, destination,
                                      position, failures_before)
  values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
          coalesce((select position from sent where destination = ?12 and position is not null
                    order by position desc limit 1), 0) + 1,
          coalesce((select failures from links where destination = ?12), 0))`;
const lastQuery = `select max(coalesce((select max(id) from sent where account = ?1), 0),
                              coalesce((select sent_floor from accounts where id = ?1), 0)) id`;
const queuedQuery = `select sent.account, sent.id, sent.kind, logs.name sender, recipient, text, time, uid
  from sent join logs on logs.id = sent.account`;
/** The text wherever it is, and whether it is. */
const text = "iif(mailbox is null, sent.text, messages.text) text";
const withText = "sent left join messages on messages.log = mailbox and messages.id = mail";
const isThere = "(mailbox is null or messages.id is not null)";
const keyQuery = `select sent.id, state, reason, destination, kind, recipient, ${text}, sent.line
  from ${withText} where account = ? and key = ?`;
const rowQuery = `select sent.id, state, reason, destination, kind, recipient, ${text}, sent.time, key,
  failures_before failuresBefore from ${withText} where ${isThere}`;
type QueuedRow = {
  account: number;
  id: number;
  kind: LogKind;
  sender: Name;
  recipient: FullAddress;
  text: string;
  time: number;
  uid: string;
};
