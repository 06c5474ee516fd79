import { expect, test } from "vitest";
import { MessageStore } from "../../src/messaging/message-store.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const from = "budi@surabaya" as FullAddress;

function open() {
  const { sql, transaction } = memoryDatabase();
  migrate(sql);
  const store = new MessageStore(sql);
  const log = store.addLog("group", "tim");
  const put = (time: number) => store.append(log, { uid: null, from, text: "halo", time, arrived: time });
  for (let time = 1; time <= 5; time++) put(time);
  return { store, log, put, transaction: store.within(transaction) };
}

test("What retention has removed is not the newest any more, and its number does not come again.", () => {
  const { store, log, put } = open();
  expect(store.newest(log)).toBe(5);
  store.sweep(log, 3);
  expect(store.newest(log)).toBe(5);
  store.sweep(log, 10);
  expect([store.newest(log), store.last(log)]).toEqual([0, 5]);
  expect(put(11)).toBe(6);
  expect(store.newest(log)).toBe(6);
});

test("A log that is cleared piece by piece is empty when nothing is left.", () => {
  const { store, log } = open();
  expect(store.newest(log)).toBe(5);
  expect(store.removeOldest(log, 3)).toBe(true);
  expect(store.newest(log)).toBe(5);
  expect(store.removeOldest(log, 3)).toBe(false);
  expect(store.newest(log)).toBe(0);
});

test("A copy that fills a hole leaves the newest what it was.", () => {
  const { store } = open();
  const copy = store.addLog("group", "tim@jakarta");
  const message = { uid: null, from, text: "halo", time: 1, arrived: 1 };
  store.copy(copy, 7, message);
  expect(store.newest(copy)).toBe(7);
  store.copy(copy, 3, message);
  expect(store.newest(copy)).toBe(7);
});

test("What was rolled back is not the newest.", () => {
  const { store, log, put, transaction } = open();
  const fail = () => {
    put(6);
    expect(store.newest(log)).toBe(6);
    throw new Error("a later work of the batch");
  };
  expect(() => transaction(fail)).toThrow("later");
  expect(store.newest(log)).toBe(5);
});
