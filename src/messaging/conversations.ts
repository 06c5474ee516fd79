import { limits } from "../limits.ts";
import type { Source } from "../paging/long-polls.ts";
import { type Range, removable } from "../paging/page-range.ts";
import { type Chunk, fill } from "../paging/page-stream.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { ConversationSummary, DeliveryState, ThreadMessage } from "../protocol/replies.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Notes } from "../storage/notes.ts";
import { first, type Row, type Sql, type Transaction } from "../storage/sql.ts";
import { Recall } from "../storage/transactional-cache.ts";

/** Where the message of a line is stored in this object: in its recipient's mailbox, in its sender's log, or in both. */
export interface Stored {
  mail: number | null;
  sent: number | null;
}

/** A conversation with the number of its newest line. */
export interface Latest {
  thread: number;
  other: FullAddress;
  newest: number;
}

/** A line to be. */
export interface NextLine {
  key: string;
  /** Null: it will be the first of its conversation. */
  thread: number | null;
  id: number;
  byFirst: boolean;
}

/** A conversation as one of its two sees it. */
export interface View {
  thread: number;
  me: FullAddress;
  other: FullAddress;
  /** The account of whoever looks. */
  account: number;
  /** The other's account, or null: it is not in this object. */
  otherAccount: number | null;
}

/**
 * The conversations: for each message between two addresses a line that says where the message is. Lines are numbered from
 * 1 in each conversation, in the order in which this object stored them. Where both live here they share the lines.
 */
export class Threads {
  readonly #sql: Sql;
  readonly #accountOf: (address: FullAddress) => number | null;

  readonly #grown: Notes<string>;
  /** Conversations by their keys. Once begun they stay. */
  readonly #threads = new Recall<string, number>();
  readonly #last = new Recall<number, number>();

  /**
   * @param accountOf the account of an address in this object, or null
   * @param grown where the key of each conversation is noted that gets a line
   */
  constructor(sql: Sql, accountOf: (address: FullAddress) => number | null, grown: Notes<string>) {
    this.#sql = sql;
    this.#grown = grown;
    this.#accountOf = accountOf;
  }

  /** A transaction that drops what is kept at hand when it is rolled back. */
  within(transaction: Transaction): Transaction {
    return this.#threads.within(this.#last.within(transaction));
  }

  /** The line that the next message between two will have. It can be had until another message comes between them. */
  next(from: FullAddress, to: FullAddress): NextLine {
    const key = threadKey(from, to);
    const thread = this.#find(key);
    return { key, thread, id: thread === null ? 1 : this.#newest(thread) + 1, byFirst: from <= to };
  }

  /** Adds a line that `next` has given in this commit. */
  add({ key, thread: known, id, byFirst }: NextLine, { mail, sent }: Stored): void {
    const thread = known ?? this.#begin(key);
    this.#sql.exec(addQuery, thread, id, byFirst ? 1 : 0, mail, sent);
    this.#last.set(thread, id);
    this.#grown.add(key);
  }

  /** The highest number that a conversation has ever had. */
  #newest(thread: number): number {
    return this.#last.of(thread, () => first<{ id: number }>(this.#sql, lastQuery, thread)?.id ?? 0);
  }

  /** @returns null where the two have never spoken */
  view(me: FullAddress, account: number, other: FullAddress): View | null {
    const thread = this.#find(threadKey(me, other));
    return thread === null ? null : { thread, me, other, account, otherAccount: this.#accountOf(other) };
  }

  /** The conversation for readers. One that has no line yet can be waited for. */
  source(me: FullAddress, account: number, other: FullAddress): Source {
    return {
      key: threadKey(me, other),
      newest: () => {
        const view = this.view(me, account, other);
        return view ? this.newest(view) : 0;
      },
      chunk: (range) => {
        const view = this.view(me, account, other);
        return view ? this.#chunk(view, range) : { rows: [], rest: null };
      },
    };
  }

  /** The highest number of a conversation that whoever looks can see, 0 for none. */
  newest({ thread, me, other }: View): number {
    return first<{ id: number }>(this.#sql, newestQuery, thread, me <= other ? 1 : 0)?.id ?? 0;
  }

  #chunk(view: View, range: Range): Chunk {
    const read = (after: number, until: number, rows: number) => this.#rows(view, after, until, rows);
    return fill(range, read, (row) => ({ id: row.id, chars: row.text.length, json: JSON.stringify(shown(view, row)) }));
  }

  #rows({ thread, me, other, account, otherAccount }: View, after: number, until: number, most: number): Line[] {
    const meFirst = me <= other ? 1 : 0;
    return this.#sql.exec<Line>(linesQuery, thread, after, until, most, meFirst, account, otherAccount).toArray();
  }

  /** The conversations of an account, the one with the latest message first. */
  latest(me: FullAddress, account: number): Latest[] {
    return this.#sql.exec<Row<Latest>>(latestQuery, me, account, limits.conversationsListedMax).toArray();
  }

  /** A conversation as its list shows it, or null: its messages are gone. `read` is how far the account has read it. */
  shown({ thread, other, newest }: Latest, me: FullAddress, account: number, read: number): ConversationSummary | null {
    const view = { thread, me, other, account, otherAccount: this.#accountOf(other) };
    const [last] = this.#rows(view, newest - 1, newest, 1);
    return last ? { with: other, newest, read, unread: this.#unread(view, read), last: shown(view, last) } : null;
  }

  #unread({ thread, me, other }: View, read: number): number {
    if (me === other) return 0;
    const row = first<{ unread: number }>(
      this.#sql,
      `select count(*) unread from (select 1 from
         (select by_first, mail from lines where thread = ? and id > ? order by id limit ?)
         where by_first = ? and mail is not null limit ?)`,
      thread,
      read,
      limits.unreadScannedMax,
      other <= me ? 1 : 0,
      limits.unreadMax,
    );
    return row?.unread ?? 0;
  }

  /** The ids of the conversations after `after`, for retention. */
  after(after: number, most: number): number[] {
    return this.#sql
      .exec<{ id: number }>("select id from threads where id > ? order by id limit ?", after, most)
      .toArray()
      .map(({ id }) => id);
  }

  /** Removes the oldest lines of a conversation whose messages are gone, a piece at a time. @returns whether there may be more */
  sweep(thread: number): boolean {
    const pair = first<{ first: FullAddress; second: FullAddress }>(
      this.#sql,
      "select first, second from threads where id = ?",
      thread,
    );
    if (!pair) return false;
    const oldest = this.#sql
      .exec<{ id: number; kept: number }>(
        sweepQuery,
        thread,
        limits.retentionChunkRows,
        this.#accountOf(pair.first),
        this.#accountOf(pair.second),
      )
      .toArray();
    const old = removable(oldest, ({ kept }) => kept === 1);
    if (!old) return false;
    this.#sql.exec("update threads set floor = ? where id = ?", old.upTo, thread);
    this.#sql.exec("delete from lines where thread = ? and id <= ?", thread, old.upTo);
    return old.isMore;
  }

  #find(key: string): number | null {
    return this.#threads.of(key, () => {
      const [low = "", high = ""] = key.split(" ");
      return first<{ id: number }>(this.#sql, findQuery, low, high)?.id ?? null;
    });
  }

  #begin(key: string): number {
    const [low = "", high = ""] = key.split(" ");
    const insert = "insert into threads (first, second) values (?, ?) returning id";
    const row = first<{ id: number }>(this.#sql, insert, low, high);
    if (!row) throw new Error("insert returned no row");
    this.#threads.set(key, row.id);
    return row.id;
  }
}

/** Names a conversation, to those who keep it and to those who wait for it: the two addresses, the lesser first. */
export function threadKey(a: FullAddress, b: FullAddress): string {
  return a <= b ? `${a} ${b}` : `${b} ${a}`;
}

const findQuery = "select id from threads where first = ? and second = ?";
const addQuery = "insert into lines (thread, id, by_first, mail, sent) values (?, ?, ?, ?, ?)";
const lastQuery =
  "select coalesce((select max(id) from lines where thread = ?1), (select floor from threads where id = ?1)) id";
/** What the other has sent is there as soon as it is in one's mailbox: it was refused while there was none. ?2: whether one is the first. */
const newestQuery =
  "select id from lines where thread = ?1 and (by_first = ?2 or mail is not null) order by id desc limit 1";
/** Whether the sender's log has the text. What a mailbox of this object took at once has it there alone. */
const isOwnText = "(sent.id is not null and sent.mailbox is null)";
/** ?5: whether the reader is the first of the two; ?6, ?7: the reader's account and the other's. */
const linesQuery = `select lines.id, by_first = ?5 mine, iif(${isOwnText}, sent.text, messages.text) text,
    coalesce(sent.time, messages.time) time, sent.id sent, sent.state, sent.reason, sent.key
  from lines
  left join messages on messages.log = iif(by_first = ?5, ?7, ?6) and messages.id = lines.mail
  left join sent on by_first = ?5 and sent.account = ?6 and sent.id = lines.sent
  where thread = ?1 and lines.id > ?2 and lines.id <= ?3 and (${isOwnText} or messages.id is not null)
  order by lines.id limit ?4`;
/**
 * The latest lines of all conversations of ?1, whose account is ?2. Retention may have removed their messages and not yet the
 * lines.
 */
const latestQuery = `select threads.id thread, iif(first = ?1, second, first) other, latest.id newest
  from threads
  join lines latest on latest.thread = threads.id
    and latest.id = (select max(id) from lines where lines.thread = threads.id)
  left join sent on by_first = (first = ?1) and sent.account = ?2 and sent.id = latest.sent
  left join messages on (by_first <> (first = ?1) or first = second) and messages.log = ?2 and messages.id = latest.mail
  where (first = ?1 or second = ?1) and coalesce(sent.time, messages.time) is not null
  order by coalesce(sent.time, messages.time) desc limit ?3`;
/** ?3, ?4: the accounts of the first and of the second. */
const sweepQuery = `select lines.id,
    exists (select 1 from messages where log = iif(by_first = 1, ?4, ?3) and messages.id = lines.mail)
    or exists (select 1 from sent where account = iif(by_first = 1, ?3, ?4) and sent.id = lines.sent) kept
  from lines where thread = ?1 order by lines.id limit ?2`;

type Line = {
  id: number;
  mine: number;
  text: string;
  time: number;
  sent: number | null;
  state: DeliveryState | null;
  reason: string | null;
  key: string | null;
};

function shown({ me, other }: View, { id, mine, text, time, sent, state, reason, key }: Line): ThreadMessage {
  const message = { id, from: mine === 1 ? me : other, text, time: isoTime(time) };
  if (mine !== 1) return message;
  return {
    ...message,
    ...(sent !== null && { sent }),
    // What was removed from the sender's log is still in the mailbox: it was delivered.
    state: state ?? "delivered",
    ...(reason !== null && { reason }),
    ...(key !== null && { key }),
  };
}
