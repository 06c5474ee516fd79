import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { ConversationStore } from "../../src/messaging/conversation-store.ts";
import { MailboxLookup } from "../../src/messaging/mailbox-lookup.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import { CheckedDatabase, migratedDatabase } from "../support/sqlite.ts";

const reader = "budi@surabaya" as FullAddress;

/** Conversations over a reader that counts its queries. */
function open() {
  const { driver, dispatcher, unitOfWork } = migratedDatabase();
  let queries = 0;
  const database = new CheckedDatabase({
    ...driver,
    all(query, ...bindings) {
      queries++;
      return driver.all(query, ...bindings);
    },
    columns(query, ...bindings) {
      queries++;
      return driver.columns(query, ...bindings);
    },
  });
  const logs = new MessageLogStore(database, unitOfWork);
  const mailboxes = new MailboxLookup("surabaya" as RealmName, logs);
  const conversations = new ConversationStore(database, unitOfWork, mailboxes);
  const mailbox = unitOfWork.runNow((tx) => logs.addLog(tx, "mailbox", "budi"));
  /** A message from another realm arrives in the mailbox. */
  const receive = (from: FullAddress, text: string, time: number) =>
    unitOfWork.runNow((tx) => {
      const place = conversations.nextEntry(from, reader);
      const message = { uid: null, from, text, time, receivedAt: time, conversationSeq: place.seq };
      conversations.add(tx, place, {
        mailboxMessageId: logs.append(tx, mailbox, message, null),
        sentMessageId: null,
      });
      return place.seq;
    });
  const countQueries = <T>(read: () => T): [result: T, queries: number] => {
    queries = 0;
    const result = read();
    return [result, queries];
  };
  return { dispatcher, unitOfWork, logs, conversations, mailbox, receive, countQueries };
}

test("of very many conversations the latest are listed, and the others cost no query each", () => {
  const { conversations, mailbox, receive, countQueries } = open();
  const many = 3 * limits.conversationsListedMax;
  for (let n = 1; n <= many + 1; n++) {
    // The first sender sends once more, last of all.
    receive(`warga${n > many ? 1 : n}@jakarta` as FullAddress, `pesan ${n}`, n);
  }
  const [summaries, queries] = countQueries(() =>
    conversations.latest(reader, mailbox).map((each) => conversations.summarize(each, reader, mailbox, 0)),
  );
  expect(summaries).toHaveLength(limits.conversationsListedMax);
  expect(summaries.slice(0, 2)).toMatchObject([
    { with: "warga1@jakarta", newest: 2, unread: 2, last: { text: `pesan ${many + 1}` } },
    { with: `warga${many}@jakarta`, newest: 1, unread: 1 },
  ]);
  expect(queries).toBeLessThanOrEqual(1 + 2 * limits.conversationsListedMax);
});

test("each message of a conversation is announced under the key that its readers wait for", () => {
  const { dispatcher, conversations, mailbox, receive } = open();
  const sender = "ani@jakarta" as FullAddress;
  const keys: string[] = [];
  dispatcher.subscribe((events) => {
    for (const event of events) if (event.type === "conversation-appended") keys.push(event.conversationKey);
  });
  for (let n = 1; n <= 2; n++) receive(sender, "halo", n);
  const { key } = conversations.source(reader, mailbox, sender);
  expect(keys).toEqual([key, key]);
});

test("a conversation that was rolled back does not exist, and its numbers are given again", () => {
  const { unitOfWork, conversations, mailbox, receive } = open();
  const sender = "ani@jakarta" as FullAddress;
  const fail = () =>
    unitOfWork.runNow((tx) => {
      conversations.add(tx, conversations.nextEntry(sender, reader), { mailboxMessageId: 1, sentMessageId: null });
      expect(conversations.nextEntry(sender, reader).seq).toBe(2);
      throw new Error("a later write of the batch");
    });
  expect(fail).toThrow("later");
  expect(conversations.view(reader, mailbox, sender)).toBeNull();
  expect([receive(sender, "halo", 1), receive(sender, "halo", 2)]).toEqual([1, 2]);
});
