import { expect, test } from "vitest";
import type { GroupStore } from "../../src/group/store.ts";
import type { Alarm } from "../../src/realm/alarm.ts";
import { GroupCommit } from "../../src/realm/commit.ts";
import type { Retention } from "../../src/realm/retention.ts";
import { Rounds } from "../../src/realm/rounds.ts";

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
