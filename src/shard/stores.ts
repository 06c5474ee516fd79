import { GroupStore } from "../groups/group-store.ts";
import { Memberships } from "../groups/memberships.ts";
import { Threads } from "../messaging/conversations.ts";
import { type Arrival, Logs } from "../messaging/logs.ts";
import type { Contribution, Word } from "../messaging/message-service.ts";
import { Marks } from "../messaging/read-markers.ts";
import { SentLog } from "../messaging/sent-log.ts";
import { type FullAddress, fullAddress, type RealmName, splitAddress } from "../protocol/names.ts";
import type { Copy } from "../shard-api/outbound-items.ts";
import { Alarm } from "../storage/alarm-schedule.ts";
import { Notes } from "../storage/notes.ts";
import type { Transaction } from "../storage/sql.ts";

/** What a commit has brought about, for those who are told of it afterwards. */
export interface Brought {
  /** Messages that were stored. */
  arrivals: Notes<Arrival>;
  /** The keys of conversations that have grown. */
  grown: Notes<string>;
  /** What sockets are to hear. */
  words: Notes<Word>;
  /** Messages of groups elsewhere, for the sockets of their members here. */
  heard: Notes<Copy>;
  /** Messages that groups elsewhere have taken. */
  contributions: Notes<Contribution>;
}

/** What an object has stored, and the transaction that all of it takes part in. */
export interface Stores {
  notes: Brought;
  alarm: Alarm;
  logs: Logs;
  threads: Threads;
  sent: SentLog;
  groupStore: GroupStore;
  marks: Marks;
  memberships: Memberships;
  /** The mailbox of an address, which is its account; null: it is not in this object. */
  mailboxOf(address: FullAddress): number | null;
  /** Where it is rolled back, so is what was noted in it, and what was kept at hand is dropped. */
  transaction: Transaction;
}

export function openStores(storage: DurableObjectStorage, realm: RealmName): Stores {
  const { sql } = storage;
  const notes: Brought = {
    arrivals: new Notes(),
    grown: new Notes(),
    words: new Notes(),
    heard: new Notes(),
    contributions: new Notes(),
  };
  const alarm = new Alarm(storage);
  const logs = new Logs(sql, notes.arrivals);
  const mailboxOf = (address: FullAddress) => {
    const { name, realm: there } = splitAddress(address);
    return there === realm ? logs.store.findLog("mailbox", name) : null;
  };
  const threads = new Threads(sql, mailboxOf, notes.grown);
  const sent = new SentLog(sql, (name) => fullAddress(name, realm));
  const groupStore = new GroupStore(sql, logs.store);
  const marks = new Marks(sql);
  const memberships = new Memberships(sql, (account, group, role) => {
    notes.words.add({ account, event: { event: "membership", data: { group, role } } });
    // Another group may come to have the address: what was read of this one says nothing of it.
    if (role === null) marks.forget(account, "group", group);
  });
  const parts = [...Object.values(notes), alarm, logs.store, threads, sent, groupStore, memberships];
  const transaction = parts.reduce<Transaction>(
    (inner, part) => part.within(inner),
    (work) => storage.transactionSync(work),
  );
  return { notes, alarm, logs, threads, sent, groupStore, marks, memberships, mailboxOf, transaction };
}
