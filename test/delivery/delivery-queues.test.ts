import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Links, type Queued } from "../../src/delivery/delivery-queues.ts";
import { HealthStore } from "../../src/delivery/destination-store.ts";
import type { Outcome } from "../../src/delivery/retry-policy.ts";
import type { GroupStore } from "../../src/groups/group-store.ts";
import { limits } from "../../src/limits.ts";
import { Rounds } from "../../src/shard/maintenance.ts";
import type { Retention } from "../../src/shard/retention.ts";
import { migrate } from "../../src/shard/schema.ts";
import type { Letter } from "../../src/shard-api/outbound-items.ts";
import { Alarm } from "../../src/storage/alarm-schedule.ts";
import type { Timer } from "../../src/storage/clock.ts";
import { GroupCommit } from "../../src/storage/unit-of-work.ts";
import { memoryDatabase } from "../support/sqlite.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timer: Timer = (done, ms) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};

/** Links to destinations that one message waits for each, and an alarm that rings as the platform's: one at a time. */
async function open(destinations: string[], carry: (destination: string) => Promise<Outcome>): Promise<void> {
  const { sql, transaction } = memoryDatabase();
  migrate(sql);
  let at: number | null = null;
  const alarm = new Alarm({
    getAlarm: async () => at,
    setAlarm: async (time) => {
      at = time;
    },
  });
  const commit = new GroupCommit(alarm.within(transaction), () => {}, timer);
  const letter: Queued = { account: 1, id: 1, envelope: {} as Letter, since: Date.now() };
  const outbox = { queued: () => [letter], probe: () => null, destinations: () => destinations, settle: () => {} };
  const links = new Links(outbox, new HealthStore(sql), {
    clock: Date.now,
    random: () => 0,
    timer,
    write: (work) => commit.run(work),
    carrier: carry,
    isKept: () => true,
    arm: (time) => alarm.arm(time),
    settled: () => {},
  });
  const live = { sweep: () => {}, nextDue: () => null };
  const retention = { isOn: false, sweep: () => false } as unknown as Retention;
  const groups = { hasDropped: () => false } as unknown as GroupStore;
  const rounds = new Rounds(alarm, [links], retention, live, groups, commit, Date.now);
  await rounds.start();
  let isRinging = false;
  setInterval(() => {
    if (isRinging || at === null || at > Date.now()) return;
    at = null;
    isRinging = true;
    void rounds.make().finally(() => {
      isRinging = false;
    });
  }, 1);
}

test("A destination that does not answer holds up another's next try by a second at most.", async () => {
  const tries: number[] = [];
  await open(["beku", "mati"], async (destination) => {
    if (destination === "mati") tries.push(Date.now());
    else await new Promise((resolve) => setTimeout(resolve, limits.peerTimeoutMs));
    return { kind: "away", problem: "no-answer" };
  });
  await vi.advanceTimersByTimeAsync(limits.peerTimeoutMs);
  const [first = 0, second = Infinity] = tries;
  expect(second - first).toBeLessThan(limits.backoffMinMs + limits.alarmWaitMaxMs);
});
