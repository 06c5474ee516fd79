import { expect, test } from "vitest";
import type { FullAddress } from "../../src/protocol/names.ts";
import { openMessaging } from "../support/messaging.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const reader = "budi@surabaya" as FullAddress;

/** The mailbox of budi, and messages from another realm that arrive in it. */
function open() {
  const memory = migratedDatabase();
  const { dispatcher, unitOfWork } = memory;
  const { logs, conversations, mailboxWriter } = openMessaging(memory, () => 1);
  const mailbox = unitOfWork.runNow((tx) => logs.addLog(tx, "mailbox", "budi"));
  /** @returns the number of the message in its conversation */
  const receive = (from: FullAddress, text: string, time: number) => {
    const message = { uid: crypto.randomUUID(), kind: "private", from, to: reader, text, time } as const;
    unitOfWork.runNow((tx) => mailboxWriter.receive(tx, message));
    return conversations.nextEntry(from, reader).seq - 1;
  };
  return { dispatcher, unitOfWork, conversations, mailbox, receive };
}

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
