import { expect, test } from "vitest";
import type { DomainEvent } from "../../src/domain-events.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const from = "budi@surabaya" as FullAddress;
const group = "tim@surabaya" as FullAddress;
const elsewhere = "tim@jakarta" as FullAddress;

/** A group with five messages, received at the times 1 to 5. */
function open() {
  const { database, dispatcher, unitOfWork } = migratedDatabase();
  const logs = new MessageLogStore(database, unitOfWork);
  const logId = unitOfWork.runNow((tx) => logs.addLog(tx, "group", "tim"));
  const messageOf = (time: number, uid: string | null = null) => ({ uid, from, text: "halo", time, receivedAt: time });
  const append = (time: number, uid: string | null = null) =>
    unitOfWork.runNow((tx) => logs.append(tx, logId, messageOf(time, uid), group));
  for (let time = 1; time <= 5; time++) append(time);
  const events: DomainEvent[] = [];
  dispatcher.subscribe((dispatched) => events.push(...dispatched));
  return { database, unitOfWork, logs, logId, messageOf, append, events };
}

test("a message that retention has deleted is not the newest any more, and its number is not given again", () => {
  const { database, unitOfWork, logs, logId, append } = open();
  expect(logs.newestId(logId)).toBe(5);
  unitOfWork.runNow((tx) => logs.prune(tx, logId, (time) => time < 3));
  expect(logs.newestId(logId)).toBe(5);
  unitOfWork.runNow((tx) => logs.prune(tx, logId, (time) => time < 10));
  expect([logs.newestId(logId), logs.highestIdEver(logId)]).toEqual([0, 5]);
  // The shard may have restarted meanwhile.
  expect(new MessageLogStore(database, unitOfWork).highestIdEver(logId)).toBe(5);
  expect(append(11)).toEqual({ kind: "stored", id: 6 });
  expect(logs.newestId(logId)).toBe(6);
});

test("a dropped log is emptied some messages at a time, and its name is free at once", () => {
  const { database, unitOfWork, logs, logId } = open();
  expect(logs.hasDropped).toBe(false);
  unitOfWork.runNow((tx) => logs.drop(tx, logId));
  expect([logs.hasDropped, logs.findLog("group", "tim"), logs.nameOf(logId, "group")]).toEqual([true, null, null]);
  const another = unitOfWork.runNow((tx) => logs.addLog(tx, "group", "tim"));
  expect(logs.findLog("group", "tim")).toBe(another);
  expect(logs.newestId(logId)).toBe(5);
  const deleteSome = () => unitOfWork.runNow((tx) => logs.deleteDropped(tx, 3));
  expect([deleteSome(), logs.newestId(logId)]).toEqual([true, 5]);
  expect([deleteSome(), logs.newestId(logId)]).toEqual([true, 0]);
  expect([deleteSome(), logs.hasDropped]).toEqual([false, false]);
  expect(database.all("select id from message_logs")).toEqual([{ id: another }]);
});

test("the newest log keeps its number when it is dropped and empty", () => {
  const { unitOfWork, logs, logId } = open();
  unitOfWork.runNow((tx) => logs.drop(tx, logId));
  for (let n = 0; n < 5; n++) unitOfWork.runNow((tx) => logs.deleteDropped(tx, 3));
  expect([logs.newestId(logId), logs.hasDropped]).toEqual([0, false]);
  expect(unitOfWork.runNow((tx) => logs.addLog(tx, "group", "tim"))).toBe(logId + 1);
});

test("a replicated message that fills a gap leaves the newest message the newest, and is not announced", () => {
  const { unitOfWork, logs, messageOf, events } = open();
  const replica = unitOfWork.runNow((tx) => logs.addLog(tx, "replica", elsewhere));
  const replicate = (id: number) =>
    unitOfWork.runNow((tx) => logs.appendReplicated(tx, replica, id, messageOf(1), elsewhere));
  expect([replicate(7), logs.newestId(replica)]).toEqual([true, 7]);
  expect([replicate(3), logs.newestId(replica)]).toEqual([false, 7]);
  expect([replicate(7), logs.newestId(replica)]).toEqual([false, 7]);
  const message = messageOf(1);
  expect(events).toEqual([{ type: "message-stored", logId: replica, messageId: 7, message, group: elsewhere }]);
});

test("a replicated message that retention has deleted is not stored again", () => {
  const { unitOfWork, logs, messageOf } = open();
  const replica = unitOfWork.runNow((tx) => logs.addLog(tx, "replica", elsewhere));
  const replicate = (id: number) =>
    unitOfWork.runNow((tx) => logs.appendReplicated(tx, replica, id, messageOf(1), elsewhere));
  for (const id of [1, 2]) replicate(id);
  unitOfWork.runNow((tx) => logs.prune(tx, replica, (time) => time < 10));
  expect([replicate(2), logs.newestId(replica)]).toEqual([false, 0]);
});

test("a message that was rolled back is not the newest, and is not announced", () => {
  const { unitOfWork, logs, logId, messageOf, events } = open();
  const fail = () =>
    unitOfWork.runNow((tx) => {
      logs.append(tx, logId, messageOf(6), group);
      expect(logs.newestId(logId)).toBe(6);
      throw new Error("a later write of the batch");
    });
  expect(fail).toThrow("later");
  expect([logs.newestId(logId), logs.highestIdEver(logId), events]).toEqual([5, 5, []]);
});

test("a message with a known uid is stored and announced once", () => {
  const { logs, logId, messageOf, append, events } = open();
  expect([append(6, "budi@surabaya 1"), append(7, "budi@surabaya 1")]).toEqual([
    { kind: "stored", id: 6 },
    { kind: "duplicate", id: 6 },
  ]);
  expect([logs.newestId(logId), logs.idOfUid(logId, "budi@surabaya 1")]).toEqual([6, 6]);
  const message = messageOf(6, "budi@surabaya 1");
  expect(events).toEqual([{ type: "message-stored", logId, messageId: 6, message, group }]);
});

test("messages after a read marker are counted without reading them, and deleted ones do not count", () => {
  const { database, unitOfWork, logs, logId } = open();
  expect([0, 2, 5, 9].map((readUpTo) => logs.countAfter(logId, readUpTo))).toEqual([5, 3, 0, 0]);
  unitOfWork.runNow((tx) => logs.prune(tx, logId, (time) => time < 4));
  expect([0, 4].map((readUpTo) => logs.countAfter(logId, readUpTo))).toEqual([2, 1]);
  expect(new MessageLogStore(database, unitOfWork).countAfter(logId, 0)).toBe(2);
});
