import { expect, test } from "vitest";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import type { Chunk } from "../../src/paging/chunk.ts";
import { LongPolls, type PageSource, type PollOwner } from "../../src/paging/long-polls.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const malang: PollOwner = { name: "malang", maxPolls: 3 };
const bandung: PollOwner = { name: "bandung", maxPolls: 3 };
const group = "tim@surabaya" as FullAddress;

/** An empty group, and timers that stand still until time is moved. */
function setUp() {
  const { database, dispatcher, unitOfWork } = migratedDatabase();
  let now = 0;
  const timers = new Set<{ at: number; done: () => void }>();
  const logs = new MessageLogStore(database, unitOfWork);
  const longPolls = new LongPolls((done, ms) => {
    const timer = { at: now + ms, done };
    timers.add(timer);
    return () => timers.delete(timer);
  });
  dispatcher.subscribe(longPolls.onCommit);
  const logId = unitOfWork.runNow((tx) => logs.addLog(tx, "group", "tim"));
  const ended: string[] = [];
  /** Opens a poll under a name, and lets the polls that it ends answer. */
  const poll = async (name: string, reader: PollOwner) => {
    void longPolls
      .readFirstChunk(logs.source(logId), { wait: 20 }, reader)
      .then(({ rows }) => ended.push(`${name} ${rows.length}`));
    await settle();
  };
  const elapse = async (ms: number) => {
    now += ms;
    for (const timer of [...timers].filter(({ at }) => at <= now)) timer.done();
    await settle();
  };
  const append = async () => {
    const message = { uid: null, from: "budi@surabaya" as FullAddress, text: "halo", time: now, receivedAt: now };
    await unitOfWork.run((tx) => logs.append(tx, logId, message, group));
    await settle();
  };
  return { poll, append, elapse, ended, timers };
}

/** Runs everything that is due. */
const settle = () => new Promise(setImmediate);

test("one poll too many ends the oldest of its own realm with an empty page, and the others go on", async () => {
  const { poll, append, ended, timers } = setUp();
  for (const name of ["a", "b", "c", "d", "e"]) await poll(name, malang);
  for (const name of ["x", "y"]) await poll(name, bandung);
  expect(ended).toEqual(["a 0", "b 0"]);
  await append();
  expect(ended.slice(2).sort()).toEqual(["c 1", "d 1", "e 1", "x 1", "y 1"]);
  expect(timers.size).toBe(0);
});

test("polls that have ended do not count, so new ones end none", async () => {
  const { poll, elapse, ended } = setUp();
  for (const name of ["a", "b", "c"]) await poll(name, malang);
  await elapse(20_000);
  expect(ended).toEqual(["a 0", "b 0", "c 0"]);
  for (const name of ["d", "e", "f"]) await poll(name, malang);
  expect(ended).toHaveLength(3);
  await poll("g", malang);
  expect(ended).toEqual(["a 0", "b 0", "c 0", "d 0"]);
});

test("a poll of a conversation is ended by an event of its own conversation, and by no other event", async () => {
  const longPolls = new LongPolls(() => () => {});
  const key = "ani@surabaya budi@surabaya";
  let newest = 0;
  const source: PageSource = {
    key,
    newest: () => newest,
    chunk: () => ({ rows: ["{}"], rest: null }),
  };
  let chunk: Chunk | null = null;
  void longPolls.readFirstChunk(source, { wait: 20 }, malang).then((read) => {
    chunk = read;
  });
  await settle();
  newest = 1;
  const message = { from: "budi@surabaya" as FullAddress, text: "halo", time: 0 };
  longPolls.onCommit([
    { type: "conversation-appended", conversationKey: "ani@surabaya tono@surabaya" },
    { type: "message-stored", logId: 1, messageId: 1, message, group },
    { type: "message-log-dropped" },
  ]);
  await settle();
  expect(chunk).toBeNull();
  longPolls.onCommit([{ type: "conversation-appended", conversationKey: key }]);
  await settle();
  expect(chunk).toEqual({ rows: ["{}"], rest: null });
});
