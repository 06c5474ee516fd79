import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { AlarmTimer } from "../../src/selfhost/alarm-timer.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("it rings once, at its time, also where that is further ahead than it checks the clock", async () => {
  const onAlarm = vi.fn(async () => {});
  const alarm = new AlarmTimer(onAlarm);
  const ms = 3.5 * limits.alarmCheckMaxMs;
  await alarm.set(Date.now() + ms);
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(onAlarm).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onAlarm).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10 * ms);
  expect(onAlarm).toHaveBeenCalledTimes(1);
});

test("a clock that is set forward makes it ring at its next check", async () => {
  const onAlarm = vi.fn(async () => {});
  const alarm = new AlarmTimer(onAlarm);
  await alarm.set(Date.now() + 24 * 60 * 60 * 1000);
  vi.setSystemTime(Date.now() + 25 * 60 * 60 * 1000);
  await vi.advanceTimersByTimeAsync(limits.alarmCheckMaxMs);
  expect(onAlarm).toHaveBeenCalledTimes(1);
});

test("a clock that is set back does not delay it", async () => {
  const onAlarm = vi.fn(async () => {});
  const alarm = new AlarmTimer(onAlarm);
  await alarm.set(Date.now() + 5_000);
  vi.setSystemTime(Date.now() - 24 * 60 * 60 * 1000);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(onAlarm).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onAlarm).toHaveBeenCalledTimes(1);
});

test("it does not ring while it is ringing, and rings afterwards if it was set meanwhile", async () => {
  let finish = () => {};
  const onAlarm = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const alarm = new AlarmTimer(onAlarm);
  await alarm.set(Date.now());
  await vi.advanceTimersByTimeAsync(0);
  await alarm.set(Date.now() + 5);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(onAlarm).toHaveBeenCalledTimes(1);
  finish();
  await vi.advanceTimersByTimeAsync(1);
  expect(onAlarm).toHaveBeenCalledTimes(2);
});

test("an alarm that fails is logged and rings again", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const onAlarm = vi.fn(async () => {});
  onAlarm.mockRejectedValueOnce(new Error("disk full"));
  const alarm = new AlarmTimer(onAlarm);
  await alarm.set(Date.now());
  await vi.advanceTimersByTimeAsync(limits.deliveryRescueMs);
  expect(onAlarm).toHaveBeenCalledTimes(2);
  expect(log.mock.calls[0]).toMatchObject([{ event: "alarm-failed" }]);
  log.mockRestore();
});

test("a stopped one is silent", async () => {
  const onAlarm = vi.fn(async () => {});
  const alarm = new AlarmTimer(onAlarm);
  await alarm.set(Date.now() + 5);
  alarm.stop();
  await alarm.set(Date.now() + 1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(onAlarm).not.toHaveBeenCalled();
});
