import { expect, test } from "vitest";
import { type Arrival, Logs } from "../../src/messaging/logs.ts";
import { Polls, type Reader } from "../../src/paging/long-polls.ts";
import { rowsOf } from "../../src/paging/page-stream.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import { Notes } from "../../src/storage/notes.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const malang: Reader = { name: "malang", polls: 3 };
const bandung: Reader = { name: "bandung", polls: 3 };

/** Logs with an empty group, and a time that stands still until it is moved. */
function setUp() {
  const { sql } = memoryDatabase();
  migrate(sql);
  let now = 0;
  const timers = new Set<{ at: number; done: () => void }>();
  const logs = new Logs(sql, new Notes<Arrival>());
  const polls = new Polls(
    () => now,
    (done, ms) => {
      const timer = { at: now + ms, done };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  );
  const log = logs.store.addLog("group", "tim");
  const ended: string[] = [];
  /** Opens a poll under a name, and lets whatever it ends come to its end. */
  const poll = async (name: string, reader: Reader) => {
    void polls
      .firstChunk(logs.source(log), { wait: 20 }, reader)
      .then((chunk) => ended.push(`${name} ${rowsOf(chunk).length}`));
    await settle();
  };
  const elapse = async (ms: number) => {
    now += ms;
    for (const timer of [...timers].filter(({ at }) => at <= now)) timer.done();
    await settle();
  };
  const say = async () => {
    logs.store.append(log, {
      uid: null,
      from: "budi@surabaya" as FullAddress,
      text: "halo",
      time: now,
      arrived: now,
    });
    polls.wake(log);
    await settle();
  };
  return { poll, say, elapse, ended, timers };
}

/** Lets everything happen that can. */
const settle = () => new Promise(setImmediate);

test("One poll too many ends the oldest of its own realm, with an empty page; the others go on.", async () => {
  const { poll, say, ended, timers } = setUp();
  for (const name of ["a", "b", "c", "d", "e"]) await poll(name, malang);
  for (const name of ["x", "y"]) await poll(name, bandung);
  expect(ended).toEqual(["a 0", "b 0"]);
  await say();
  expect(ended.slice(2).sort()).toEqual(["c 1", "d 1", "e 1", "x 1", "y 1"]);
  expect(timers.size).toBe(0);
});

test("Polls that ended make room: nobody is ended for those that are over.", async () => {
  const { poll, elapse, ended } = setUp();
  for (const name of ["a", "b", "c"]) await poll(name, malang);
  await elapse(20_000);
  expect(ended).toEqual(["a 0", "b 0", "c 0"]);
  for (const name of ["d", "e", "f"]) await poll(name, malang);
  expect(ended).toHaveLength(3);
  await poll("g", malang);
  expect(ended).toEqual(["a 0", "b 0", "c 0", "d 0"]);
});
