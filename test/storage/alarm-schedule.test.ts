import { expect, test, vi } from "vitest";
import { AlarmSchedule } from "../../src/storage/alarm-schedule.ts";
import { EventDispatcher } from "../../src/storage/event-dispatcher.ts";
import type { SqlDriver } from "../../src/storage/sql.ts";
import { UnitOfWork } from "../../src/storage/unit-of-work.ts";
import { memoryDriver } from "../support/sqlite.ts";

/** A host whose alarm is part of its transactions. */
function open() {
  let alarmAt: number | null = null;
  const sqlite = memoryDriver();
  const driver: SqlDriver = {
    ...sqlite,
    transaction(work) {
      const before = alarmAt;
      try {
        return sqlite.transaction(work);
      } catch (error) {
        alarmAt = before;
        throw error;
      }
    },
  };
  const port = {
    get: async () => alarmAt,
    set: async (time: number) => {
      alarmAt = time;
    },
  };
  const alarm = new AlarmSchedule(port);
  const unitOfWork = new UnitOfWork({
    driver,
    dispatcher: new EventDispatcher(),
    scheduleCommit: setImmediate,
  });
  return { alarm, port, unitOfWork, alarmAt: () => alarmAt };
}

test("the alarm is set to the earliest of the scheduled times", async () => {
  const { alarm, unitOfWork, alarmAt } = open();
  await unitOfWork.run((tx) => alarm.schedule(tx, 300));
  await unitOfWork.run((tx) => alarm.schedule(tx, 200));
  await unitOfWork.run((tx) => alarm.schedule(tx, 400));
  expect(alarmAt()).toBe(200);
});

test("a time that is scheduled in the same batch as a write that throws is set all the same", async () => {
  const { alarm, unitOfWork, alarmAt } = open();
  await Promise.allSettled([
    unitOfWork.run((tx) => alarm.schedule(tx, 300)),
    unitOfWork.run(() => {
      throw new Error("no");
    }),
  ]);
  expect(alarmAt()).toBe(300);
});

test("a time that was rolled back does not hide a later one", async () => {
  const { alarm, unitOfWork, alarmAt } = open();
  await expect(
    unitOfWork.run((tx) => {
      alarm.schedule(tx, 200);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  await unitOfWork.run((tx) => alarm.schedule(tx, 300));
  expect(alarmAt()).toBe(300);
});

test("an alarm that the host has kept is not set again for a later time", async () => {
  const { alarm, port, unitOfWork } = open();
  await port.set(200);
  await alarm.load();
  const set = vi.spyOn(port, "set");
  await unitOfWork.run((tx) => alarm.schedule(tx, 300));
  expect(set).not.toHaveBeenCalled();
});

test("an alarm that has fired is used up, so that a later time is set", async () => {
  const { alarm, unitOfWork, alarmAt } = open();
  await unitOfWork.run((tx) => alarm.schedule(tx, 200));
  alarm.fired();
  await unitOfWork.run((tx) => alarm.schedule(tx, 300));
  expect(alarmAt()).toBe(300);
});

test("an alarm that could not be stored is logged, and set again by the next write", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const { alarm, port, unitOfWork, alarmAt } = open();
  const set = vi.spyOn(port, "set").mockRejectedValueOnce(new Error("no disk"));
  await unitOfWork.run((tx) => alarm.schedule(tx, 200));
  expect(error.mock.calls.flat()).toEqual([{ event: "alarm-not-set", error: expect.stringContaining("no disk") }]);
  await unitOfWork.run((tx) => alarm.schedule(tx, 300));
  expect([set.mock.calls, alarmAt()]).toEqual([[[200], [300]], 300]);
  error.mockRestore();
});
