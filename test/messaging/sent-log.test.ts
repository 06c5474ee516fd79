import { expect, test } from "vitest";
import { ConversationStore } from "../../src/messaging/conversation-store.ts";
import { MailboxLookup } from "../../src/messaging/mailbox-lookup.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import { type NewSentMessage, SentLog } from "../../src/messaging/sent-log.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const realm = "surabaya" as RealmName;
const [budi, ani] = [`budi@${realm}` as FullAddress, `ani@${realm}` as FullAddress];

/** Two mailboxes of a shard, and messages from one to the other. */
function open() {
  const { database, unitOfWork } = migratedDatabase();
  const logs = new MessageLogStore(database, unitOfWork);
  const [sender, recipient] = unitOfWork.runNow(
    (tx) => [logs.addLog(tx, "mailbox", "budi"), logs.addLog(tx, "mailbox", "ani")] as const,
  );
  const sentLog = new SentLog(database, unitOfWork);
  const accountOf = (address: string) => (address === budi ? sender : recipient);
  const conversations = new ConversationStore(database, unitOfWork, new MailboxLookup(realm, logs));
  /** @param keepsText the sent entry keeps its text, although the mailbox has it too */
  const send = (text: string, time: number, idempotencyKey: string | null = null, keepsText = false) =>
    unitOfWork.runNow((tx) => {
      const place = conversations.nextEntry(budi, ani);
      const conversationSeq = place.seq;
      const message: NewSentMessage = {
        ...{ kind: "private", recipient: ani, text, sentAt: time },
        ...{ idempotencyKey, conversationSeq, groupMessageId: null },
      };
      const content = { uid: null, from: budi, text, time, receivedAt: time, conversationSeq };
      const appended = logs.append(tx, recipient, content, null);
      const messageId = "id" in appended ? appended.id : 0;
      const stored = keepsText ? null : { logId: recipient, messageId };
      const { id } = sentLog.addDelivered(tx, sender, message, stored);
      conversations.add(tx, place, { mailboxMessageId: messageId, sentMessageId: id });
      return id;
    });
  const findByKey = (key: string) => unitOfWork.runNow((tx) => sentLog.findByKey(tx, sender, key));
  const textsSent = () => sentLog.rows(sender, 0, 1000, 1000).map(({ id, text }) => [id, text]);
  const textsOf = (reader: FullAddress, other: FullAddress): string[] => {
    const source = conversations.source(reader, accountOf(reader), other);
    return source.chunk({ after: 0, until: 1000, rows: 1000 }).rows.map((row) => JSON.parse(row).text);
  };
  return { database, unitOfWork, logs, sender, recipient, sentLog, send, findByKey, textsSent, textsOf };
}

test("a message to a mailbox of the same shard is stored once, and both accounts read it", () => {
  const { database, sender, sentLog, send, findByKey, textsSent, textsOf } = open();
  send("satu", 1, "k");
  send("dua", 2);
  expect(database.all("select text from sent_messages")).toEqual([{ text: "" }, { text: "" }]);
  expect(textsSent()).toEqual([
    [1, "satu"],
    [2, "dua"],
  ]);
  expect(sentLog.rowByKey(sender, "k")).toMatchObject({ id: 1, text: "satu", sentAt: 1, state: "delivered" });
  expect(findByKey("k")).toMatchObject({ id: 1, text: "satu", conversationSeq: 1 });
  expect([textsOf(budi, ani), textsOf(ani, budi)]).toEqual([
    ["satu", "dua"],
    ["satu", "dua"],
  ]);
});

test("once retention has deleted a message in the mailbox, the sender does not see it either", () => {
  const { unitOfWork, logs, sender, recipient, sentLog, send, textsSent, textsOf } = open();
  send("satu", 1, "k");
  send("dua", 2);
  unitOfWork.runNow((tx) => logs.prune(tx, recipient, (time) => time < 2));
  expect(textsSent()).toEqual([[2, "dua"]]);
  expect(sentLog.rowById(sender, 1)).toBe(null);
  expect(sentLog.rowByKey(sender, "k")).toBe(null);
  expect([textsOf(budi, ani), textsOf(ani, budi)]).toEqual([["dua"], ["dua"]]);
});

test("an idempotency key is free again as soon as its message is deleted, and numbers are not given again", () => {
  const { unitOfWork, logs, sender, recipient, sentLog, send, findByKey, textsSent } = open();
  send("satu", 1, "k");
  unitOfWork.runNow((tx) => logs.prune(tx, recipient, (time) => time < 10));
  expect(findByKey("k")).toBe(null);
  expect(send("lain", 11, "k")).toBe(2);
  expect(textsSent()).toEqual([[2, "lain"]]);
  unitOfWork.runNow((tx) => sentLog.prune(tx, sender, (time) => time < 10));
  expect(sentLog.rowByKey(sender, "k")).toMatchObject({ id: 2, text: "lain" });
});

test("a message whose text is kept in its sent entry is read from there", () => {
  const { send, findByKey, textsSent, textsOf } = open();
  send("lama", 1, "k", true);
  expect(textsSent()).toEqual([[1, "lama"]]);
  expect(findByKey("k")).toMatchObject({ id: 1, text: "lama" });
  expect([textsOf(budi, ani), textsOf(ani, budi)]).toEqual([["lama"], ["lama"]]);
});

test("a number is given again if its message was rolled back, and never if retention has deleted it", () => {
  const { database, unitOfWork, sender, sentLog, send } = open();
  const message: NewSentMessage = {
    ...{ kind: "private", recipient: "rina@malang" as FullAddress, text: "halo", sentAt: 1 },
    ...{ idempotencyKey: null, conversationSeq: 1, groupMessageId: null },
  };
  const fail = () =>
    unitOfWork.runNow((tx) => {
      expect(sentLog.addQueued(tx, sender, message, "malang", 0).id).toBe(1);
      throw new Error("a later write of the batch");
    });
  expect(fail).toThrow("later");
  expect(send("satu", 1)).toBe(1);
  unitOfWork.runNow((tx) => sentLog.prune(tx, sender, (time) => time < 10));
  expect(sentLog.newestId(sender)).toBe(0);
  // The shard may have restarted meanwhile.
  const restarted = new SentLog(database, unitOfWork);
  expect(unitOfWork.runNow((tx) => restarted.addQueued(tx, sender, message, "malang", 0).id)).toBe(2);
});

test("retention deletes sent messages up to the first that is queued", () => {
  const { unitOfWork, sender, sentLog, send } = open();
  send("satu", 1);
  const message: NewSentMessage = {
    ...{ kind: "private", recipient: "rina@malang" as FullAddress, text: "halo", sentAt: 2 },
    ...{ idempotencyKey: null, conversationSeq: 1, groupMessageId: null },
  };
  unitOfWork.runNow((tx) => sentLog.addQueued(tx, sender, message, "malang", 0));
  send("tiga", 3);
  expect(unitOfWork.runNow((tx) => sentLog.prune(tx, sender, (time) => time < 10))).toBe(false);
  expect(sentLog.rows(sender, 0, 1000, 1000).map(({ id }) => id)).toEqual([2, 3]);
  unitOfWork.runNow((tx) => sentLog.settle(tx, sender, 2, "delivered", null, null));
  unitOfWork.runNow((tx) => sentLog.prune(tx, sender, (time) => time < 10));
  expect(sentLog.isEmpty).toBe(true);
});
