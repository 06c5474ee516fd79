import { expect, test } from "vitest";
import type { GroupStore } from "../../src/groups/group-store.ts";
import { Rounds } from "../../src/shard/maintenance.ts";
import type { Retention } from "../../src/shard/retention.ts";
import type { Alarm } from "../../src/storage/alarm-schedule.ts";
import { GroupCommit } from "../../src/storage/unit-of-work.ts";

test("A group that is dropped in the very commit in which a sweep found nothing left is swept too.", async () => {
  const commit = new GroupCommit(
    (work) => work(),
    () => {},
    (done) => {
      setImmediate(done);
      return () => {};
    },
  );
  let dropped = 1;
  const store = { sweepDropped: () => dropped-- > 0 } as unknown as GroupStore;
  const live = { sweep: () => {}, nextDue: () => null };
  const rounds = new Rounds({} as Alarm, [], {} as Retention, live, store, commit, Date.now);
  const sweeping = rounds.sweepDropped();
  await commit.run(() => {});
  // The sweep's second look, which finds nothing, is in this commit already.
  await commit.run(() => {
    dropped = 1;
    void rounds.sweepDropped();
  });
  await sweeping;
  expect(dropped).toBeLessThanOrEqual(0);
});
