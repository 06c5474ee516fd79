import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { ConversationStore } from "../../src/messaging/conversation-store.ts";
import { MailboxLookup } from "../../src/messaging/mailbox-lookup.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import { SentLog } from "../../src/messaging/sent-log.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import { Retention } from "../../src/shard/retention.ts";
import { ShardInfoStore } from "../../src/shard/shard-info-store.ts";
import { migratedDatabase } from "../support/sqlite.ts";

test("a commit that is rolled back because of another write leaves no log out", async () => {
  const { database, unitOfWork } = migratedDatabase();
  const logs = new MessageLogStore(database, unitOfWork);
  const mailboxes = new MailboxLookup("surabaya" as RealmName, logs);
  const retention = new Retention({
    info: new ShardInfoStore(database),
    logs,
    sentLog: new SentLog(database, unitOfWork),
    conversations: new ConversationStore(database, unitOfWork, mailboxes),
    days: 8,
    clock: Date.now,
  });
  const message = { uid: null, from: "ani@surabaya" as FullAddress, text: "halo", time: 1, receivedAt: 1 };
  unitOfWork.runNow((tx) => {
    for (let n = 0; n <= limits.retentionChunkLogs; n++) {
      logs.append(tx, logs.addLog(tx, "mailbox", `orang${n}`), message, null);
    }
  });
  const fail = () => {
    throw new Error("no");
  };
  const [first] = await Promise.allSettled([unitOfWork.run((tx) => retention.run(tx)), unitOfWork.run(fail)]);
  expect(first).toEqual({ status: "fulfilled", value: true });
  while (await unitOfWork.run((tx) => retention.run(tx)));
  expect(logs.hasMessages).toBe(false);
});
