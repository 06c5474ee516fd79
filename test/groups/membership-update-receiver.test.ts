import { expect, test } from "vitest";
import { MembershipUpdateReceiver } from "../../src/groups/membership-update-receiver.ts";
import { Memberships } from "../../src/groups/memberships.ts";
import { ConversationStore } from "../../src/messaging/conversation-store.ts";
import { MailboxLookup } from "../../src/messaging/mailbox-lookup.ts";
import { MailboxWriter } from "../../src/messaging/mailbox-writer.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import { ReadMarkers } from "../../src/messaging/read-markers.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import type { MembershipUpdate } from "../../src/shard-api/outbound-items.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const realm = "surabaya" as RealmName;
const budi = "budi@surabaya" as FullAddress;
const rina = "rina@jakarta" as FullAddress;
const tim = "tim@jakarta" as FullAddress;

/** The account budi, who gets updates of groups of jakarta. */
function setUp() {
  const { database, unitOfWork } = migratedDatabase();
  const logs = new MessageLogStore(database, unitOfWork);
  const mailboxes = new MailboxLookup(realm, logs);
  const conversations = new ConversationStore(database, unitOfWork, mailboxes);
  const mailboxWriter = new MailboxWriter({ realm, mailboxes, logs, conversations, clock: () => 1 });
  const memberships = new Memberships(database, unitOfWork, new ReadMarkers(database));
  const receiver = new MembershipUpdateReceiver({ mailboxes, mailboxWriter, memberships });
  const accountId = unitOfWork.runNow((tx) => logs.addLog(tx, "mailbox", "budi"));
  const receive = (change: MembershipUpdate["change"], version: number) =>
    unitOfWork.runNow((tx) =>
      receiver.apply(tx, {
        kind: "membership-update",
        uid: crypto.randomUUID(),
        group: tim,
        to: budi,
        change,
        by: rina,
        time: 1,
        version,
      }),
    );
  const markJoining = () => unitOfWork.runNow((tx) => memberships.markJoining(tx, accountId, tim));
  return { receive, markJoining, role: () => memberships.roleOf(accountId, tim) };
}

test("an account that is only invited does not become the owner of a group elsewhere without a join of its own", () => {
  const { receive, role } = setUp();
  receive("invited", 1);
  receive("owner", 2);
  expect(role()).toBe("invited");
});

test("an account that is joining becomes the owner", () => {
  const { receive, markJoining, role } = setUp();
  receive("invited", 1);
  markJoining();
  receive("owner", 3);
  expect(role()).toBe("owner");
});

test("an account without a role does not become the owner", () => {
  const { receive, role } = setUp();
  receive("owner", 2);
  expect(role()).toBe(null);
});
