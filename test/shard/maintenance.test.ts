import { expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { AlarmSchedule } from "../../src/storage/alarm-schedule.ts";
import type { Timer } from "../../src/storage/clock.ts";
import type { Transaction } from "../../src/storage/sql.ts";
import { UnitOfWork } from "../../src/storage/unit-of-work.ts";
import { openMaintenance } from "../support/maintenance.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const nextTurn: Timer = (done) => {
  const handle = setImmediate(done);
  return () => clearImmediate(handle);
};

test("a group that is dropped in the very commit in which a look found no dropped group is deleted too", async () => {
  const memory = migratedDatabase((commit) => void nextTurn(commit, 0));
  const { dispatcher, unitOfWork } = memory;
  /** Dropped groups that are not deleted yet, and how many each look has found. */
  let dropped = 1;
  const found: number[] = [];
  const logs = {
    hasDropped: false,
    deleteDropped: (tx: Transaction) => {
      found.push(dropped);
      if (dropped > 0) {
        dropped--;
        return true;
      }
      // Another write of this commit drops a group after the look.
      if (found.length === 2) {
        dropped = 1;
        tx.emit({ type: "message-log-dropped" });
      }
      return false;
    },
  };
  const { maintenance } = openMaintenance(memory, null, { logs, timer: nextTurn });
  dispatcher.subscribe(maintenance.onCommit);

  await unitOfWork.run((tx) => tx.emit({ type: "message-log-dropped" }));
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
    scheduleCommit: (commit) => void nextTurn(commit, 0),
  });
  const { logs, maintenance } = openMaintenance({ database, unitOfWork }, 8, { alarm, timer: nextTurn });
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

test("other requests run between two commits of the retention, also where it deletes nothing", async () => {
  const memory = migratedDatabase((commit) => void nextTurn(commit, 0));
  const { logs, maintenance } = openMaintenance(memory, 8, { timer: nextTurn });
  const message = { uid: null, from: "ani@surabaya" as FullAddress, text: "halo", time: 1, receivedAt: Date.now() };
  const chunks = 5;
  memory.unitOfWork.runNow((tx) => {
    for (let n = 0; n < chunks * limits.retentionChunkLogs; n++) {
      logs.append(tx, logs.addLog(tx, "mailbox", `orang${n}`), message, null);
    }
  });
  let turns = 0;
  let handle = setImmediate(function count() {
    turns++;
    handle = setImmediate(count);
  });
  await maintenance.run();
  clearImmediate(handle);
  expect(turns).toBeGreaterThanOrEqual(chunks);
});
