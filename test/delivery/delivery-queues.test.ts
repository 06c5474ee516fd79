import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeliveryQueues } from "../../src/delivery/delivery-queues.ts";
import { DestinationStore } from "../../src/delivery/destination-store.ts";
import type { Outbox } from "../../src/delivery/outbox.ts";
import type { DeliveryOutcome } from "../../src/delivery/retry-policy.ts";
import { limits } from "../../src/limits.ts";
import { AlarmSchedule } from "../../src/storage/alarm-schedule.ts";
import type { Timer } from "../../src/storage/clock.ts";
import { openMaintenance } from "../support/maintenance.ts";
import { migratedDatabase } from "../support/sqlite.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timer: Timer = (done, ms) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};

/** Queues with one item for each destination, and an alarm that runs one call at a time, as the platform's does. */
async function open(destinations: string[], send: (destination: string) => Promise<DeliveryOutcome>): Promise<void> {
  const memory = migratedDatabase((commit) => void timer(commit, 0));
  const { database, dispatcher, unitOfWork } = memory;
  let alarmAt: number | null = null;
  const alarm = new AlarmSchedule({
    get: async () => alarmAt,
    set: async (time) => {
      alarmAt = time;
    },
  });
  const queued = { key: "1", item: "halo", queuedAt: Date.now() };
  const outbox: Outbox<string> = {
    nextBatch: () => [queued],
    probe: () => null,
    waitingDestinations: () => destinations,
    countWaiting: () => 1,
    settle: () => {},
  };
  const queues = new DeliveryQueues({
    queue: "messages",
    outbox,
    destinations: new DestinationStore(database, "messages"),
    unitOfWork,
    alarm,
    transport: { send },
    clock: Date.now,
    monotonic: () => performance.now(),
    presentOf: (time) => time,
    random: () => 0,
    timer,
    isPermanent: () => true,
  });
  const { maintenance } = openMaintenance(memory, null, { alarm, queues: [queues], timer });
  for (const part of [queues, maintenance]) dispatcher.subscribe(part.onCommit);
  await maintenance.start();
  let isRunning = false;
  setInterval(() => {
    if (isRunning || alarmAt === null || alarmAt > Date.now()) return;
    alarmAt = null;
    isRunning = true;
    void maintenance.run().finally(() => {
      isRunning = false;
    });
  }, 1);
}

test("a destination that does not answer delays another's next attempt by a second at most", async () => {
  const attempts: number[] = [];
  await open(["beku", "mati"], async (destination) => {
    if (destination === "mati") attempts.push(Date.now());
    else await new Promise((resolve) => setTimeout(resolve, limits.peerTimeoutMs));
    return { kind: "unreachable", problem: "timeout" };
  });
  await vi.advanceTimersByTimeAsync(limits.peerTimeoutMs);
  const [first = 0, second = Infinity] = attempts;
  expect(second - first).toBeLessThan(limits.backoffMinMs + limits.alarmWaitMaxMs);
});
