import { expect, test } from "vitest";
import { Alarm } from "../../src/storage/alarm-schedule.ts";
import type { Transaction } from "../../src/storage/sql.ts";
import { GroupCommit } from "../../src/storage/unit-of-work.ts";

/** Storage whose alarm is part of its transactions, as the platform's is. */
function open() {
  let at: number | null = null;
  const transaction: Transaction = (work) => {
    const before = at;
    try {
      return work();
    } catch (error) {
      at = before;
      throw error;
    }
  };
  const alarm = new Alarm({
    getAlarm: async () => at,
    setAlarm: async (time: number | Date) => {
      at = Number(time);
    },
  });
  const commit = new GroupCommit(
    alarm.within(transaction),
    () => {},
    (done) => {
      const handle = setImmediate(done);
      return () => clearImmediate(handle);
    },
  );
  return { alarm, commit, set: () => at };
}

test("An alarm is set to the earliest of the times that were asked for.", async () => {
  const { alarm, commit, set } = open();
  await commit.run(() => alarm.arm(300));
  await commit.run(() => alarm.arm(200));
  await commit.run(() => alarm.arm(400));
  expect(set()).toBe(200);
});

test("An alarm that is asked for beside a work that throws is set all the same.", async () => {
  const { alarm, commit, set } = open();
  await Promise.allSettled([
    commit.run(() => alarm.arm(300)),
    commit.run(() => {
      throw new Error("no");
    }),
  ]);
  expect(set()).toBe(300);
});

test("An alarm that was asked for by a work that failed does not hide a later one.", async () => {
  const { alarm, commit, set } = open();
  await expect(
    commit.run(() => {
      alarm.arm(200);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  await commit.run(() => alarm.arm(300));
  expect(set()).toBe(300);
});
