import { expect, test, vi } from "vitest";
import { ConversationStore } from "../../src/messaging/conversation-store.ts";
import { MailboxLookup } from "../../src/messaging/mailbox-lookup.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import { SentLog } from "../../src/messaging/sent-log.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import { Maintenance } from "../../src/shard/maintenance.ts";
import { Retention } from "../../src/shard/retention.ts";
import { ShardInfoStore } from "../../src/shard/shard-info-store.ts";
import { AlarmSchedule } from "../../src/storage/alarm-schedule.ts";
import { UnitOfWork } from "../../src/storage/unit-of-work.ts";
import { migratedDatabase } from "../support/sqlite.ts";

test("a group that is dropped in the very commit in which a look found no dropped group is deleted too", async () => {
  const { database, dispatcher, unitOfWork } = migratedDatabase((done) => {
    const handle = setImmediate(done);
    return () => clearImmediate(handle);
  });
  const stored = new MessageLogStore(database, unitOfWork);
  const conversations = new ConversationStore(database, unitOfWork, new MailboxLookup("surabaya" as RealmName, stored));
  const retention = new Retention({
    info: new ShardInfoStore(database),
    logs: stored,
    sentLog: new SentLog(database, unitOfWork),
    conversations,
    days: null,
    clock: Date.now,
  });
  /** Dropped groups that are not deleted yet, and how many each look has found. */
  let dropped = 1;
  const found: number[] = [];
  const logs = {
    hasDropped: false,
    deleteDropped: () => {
      found.push(dropped);
      if (dropped === 0) return false;
      dropped--;
      return true;
    },
  };
  const maintenance = new Maintenance({
    alarm: new AlarmSchedule({ get: async () => null, set: async () => {} }),
    unitOfWork,
    queues: [],
    liveConnections: { closeExpired: () => {}, nextDue: () => null },
    retention,
    logs,
    clock: Date.now,
  });
  dispatcher.subscribe(maintenance.onCommit);

  await unitOfWork.run((tx) => tx.emit({ type: "message-log-dropped" }));
  await unitOfWork.run(() => {});
  expect(found).toEqual([1]);
  // The second look, which finds nothing, is in this commit already.
  await unitOfWork.run((tx) => {
    expect(found).toEqual([1, 0]);
    dropped = 1;
    tx.emit({ type: "message-log-dropped" });
  });
  await expect.poll(() => found).toEqual([1, 0, 1, 0]);
  expect(dropped).toBe(0);
});

test("retention gets its alarm by the next commit if the first one could not set it", async () => {
  const { driver, database, dispatcher } = migratedDatabase();
  const alarms: number[] = [];
  const alarm = new AlarmSchedule({ get: async () => null, set: async (time) => void alarms.push(time) });
  let transactions = 0;
  const unitOfWork = new UnitOfWork({
    driver: {
      ...driver,
      transaction: (work) =>
        driver.transaction(() => {
          const result = work();
          // The first transaction stores the message, and the second one sets the alarm.
          if (++transactions === 2) throw new Error("disk full");
          return result;
        }),
    },
    dispatcher,
    timer: (done) => {
      const handle = setImmediate(done);
      return () => clearImmediate(handle);
    },
  });
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
  const liveConnections = { closeExpired: () => {}, nextDue: () => null };
  const maintenance = new Maintenance({
    alarm,
    unitOfWork,
    queues: [],
    liveConnections,
    retention,
    logs,
    clock: Date.now,
  });
  dispatcher.subscribe(maintenance.onCommit);
  const log = vi.spyOn(console, "error").mockImplementation(() => {});

  const message = { uid: null, from: "ani@surabaya" as FullAddress, text: "halo", time: 1, receivedAt: 1 };
  await unitOfWork.run((tx) => logs.append(tx, logs.addLog(tx, "mailbox", "budi"), message, null));
  expect(transactions).toBe(2);
  alarms.length = 0;
  await unitOfWork.run(() => {});
  expect(alarms).toHaveLength(1);
  expect(log).toHaveBeenCalledOnce();
  log.mockRestore();
});
