import { expect, test } from "vitest";
import { Threads } from "../../src/messaging/conversations.ts";
import { MessageStore } from "../../src/messaging/message-store.ts";
import { type Outgoing, SentLog } from "../../src/messaging/sent-log.ts";
import { fullAddress } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import { Notes } from "../../src/storage/notes.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const realm = "surabaya" as Parameters<typeof fullAddress>[1];
const addressOf = (name: string) => fullAddress(name as Parameters<typeof fullAddress>[0], realm);
const [budi, ani] = [addressOf("budi"), addressOf("ani")];

/** Two mailboxes, and a way from one to the other. */
function open(schema?: number) {
  const { sql } = memoryDatabase();
  migrate(sql, schema);
  const store = new MessageStore(sql);
  const [sender, recipient] = [store.addLog("mailbox", "budi"), store.addLog("mailbox", "ani")];
  const sent = new SentLog(sql, addressOf);
  const accountOf = (address: string) => (address === budi ? sender : recipient);
  const threads = new Threads(sql, accountOf, new Notes());
  const send = (text: string, time: number, key: string | null = null) => {
    const line = threads.next(budi, ani);
    const message: Outgoing = { kind: "mailbox", recipient: ani, text, time, key, line: line.id };
    const id = store.append(recipient, { uid: null, from: budi, text, time, arrived: time, line: line.id }) ?? 0;
    const noted = sent.addDelivered(sender, message, { log: recipient, id });
    threads.add(line, { mail: id, sent: noted.id });
    return noted.id;
  };
  const textsSent = () => sent.rows(sender, 0, 1000, 1000).map(({ id, text }) => [id, text]);
  const textsOf = (me: typeof budi, other: typeof budi) => {
    const source = threads.source(me, accountOf(me), other);
    return source.chunk({ after: 0, until: 1000, rows: 1000 }).rows.map((row) => JSON.parse(row).text);
  };
  return { sql, store, sender, recipient, sent, send, textsSent, textsOf };
}

test("A message that a mailbox took at once is stored once, and read by both as if each had it.", () => {
  const { sql, sender, sent, send, textsSent, textsOf } = open();
  send("satu", 1, "k");
  send("dua", 2);
  expect(sql.exec("select text from sent").toArray()).toEqual([{ text: "" }, { text: "" }]);
  expect(textsSent()).toEqual([
    [1, "satu"],
    [2, "dua"],
  ]);
  expect(sent.row(sender, "key", "k")).toMatchObject({ id: 1, text: "satu", time: 1, state: "delivered" });
  expect(sent.takeKey(sender, "k")).toMatchObject({ id: 1, text: "satu", line: 1 });
  expect([textsOf(budi, ani), textsOf(ani, budi)]).toEqual([
    ["satu", "dua"],
    ["satu", "dua"],
  ]);
});

test("While retention has come to the mailbox and not yet to the sender, the message is gone from everywhere.", () => {
  const { store, sender, recipient, sent, send, textsSent, textsOf } = open();
  send("satu", 1, "k");
  send("dua", 2);
  store.sweep(recipient, 2);
  expect(textsSent()).toEqual([[2, "dua"]]);
  expect(sent.row(sender, "id", 1)).toBe(null);
  expect(sent.row(sender, "key", "k")).toBe(null);
  expect([textsOf(budi, ani), textsOf(ani, budi)]).toEqual([["dua"], ["dua"]]);
});

test("A key is free again as soon as its message is gone, and the numbers go on.", () => {
  const { store, sender, recipient, sent, send, textsSent } = open();
  send("satu", 1, "k");
  store.sweep(recipient, 10);
  expect(sent.takeKey(sender, "k")).toBe(null);
  expect(send("lain", 11, "k")).toBe(2);
  expect(textsSent()).toEqual([[2, "lain"]]);
  sent.sweep(sender, 10);
  expect(sent.row(sender, "key", "k")).toMatchObject({ id: 2, text: "lain" });
});

test("What was sent before messages were stored once is read from where it was put.", () => {
  const { sql, store, sender, recipient, sent, textsSent, textsOf } = open(2);
  store.append(recipient, { uid: null, from: budi, text: "lama", time: 1, arrived: 1, line: 1 });
  sql.exec(
    "insert into sent (account, id, uid, kind, recipient, text, time, state, key) values (?, 1, '', 'mailbox', ?, 'lama', 1, 'delivered', 'k')",
    sender,
    ani,
  );
  sql.exec("insert into threads (first, second) values (?, ?)", ani, budi);
  sql.exec("insert into lines (thread, id, by_first, mail, sent) values (?, 1, 0, 1, 1)", 1);
  migrate(sql);
  expect(textsSent()).toEqual([[1, "lama"]]);
  expect(sent.takeKey(sender, "k")).toMatchObject({ id: 1, text: "lama" });
  expect([textsOf(budi, ani), textsOf(ani, budi)]).toEqual([["lama"], ["lama"]]);
});
