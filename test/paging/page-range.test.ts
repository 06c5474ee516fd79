import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageStore, shown } from "../../src/messaging/message-store.ts";
import { rowsOf } from "../../src/paging/page-stream.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const from = "budi@surabaya" as FullAddress;

function open() {
  const { sql } = memoryDatabase();
  migrate(sql);
  const store = new MessageStore(sql);
  const log = store.addLog("group", "tim");
  const put = (text: string, time: number) => store.append(log, { uid: null, from, text, time, arrived: time });
  const all = { after: 0, until: Number.MAX_SAFE_INTEGER, rows: Number.MAX_SAFE_INTEGER };
  return { store, log, put, all };
}

test("Long messages behind short ones do not make a chunk longer than another realm would take, and none is left out.", () => {
  const { store, log, put, all } = open();
  // What is longest as JSON: a control character has six there.
  const long = "\u0001".repeat(limits.bodyMaxBytes);
  for (let n = 1; n <= 60; n++) put(n <= 8 ? "pendek" : long, n);
  const ids: number[] = [];
  for (let rest: typeof all | null = all; rest; ) {
    const chunk = store.chunk(log, rest);
    const bytes = Buffer.byteLength(chunk.rows.join(","));
    expect(bytes).toBeLessThan(limits.queryAnswerMaxBytes / 2);
    ids.push(...rowsOf<{ id: number }>(chunk).map(({ id }) => id));
    rest = chunk.rest;
  }
  expect(ids).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
});

test("What the storage writes is what the language writes, whatever a text holds.", () => {
  const { store, log, put, all } = open();
  // Every unit that JSON or HTML or a terminal may take for something else, and some beyond the first plane.
  const texts = Array.from({ length: 0x3000 }, (_, n) => n)
    .filter((code) => code % 64 === 0)
    .map((code) => String.fromCharCode(...Array.from({ length: 64 }, (_, n) => code + n)));
  texts.push("\u{1f600}\u{10ffff}", "\ufeff\ufffe\uffff", "</script>", "\u2028\u2029");
  const written = texts.map((text, index) => {
    const id = put(text, index);
    return shown(id ?? 0, { from, text, time: index });
  });
  let rest: typeof all | null = all;
  const rows: string[] = [];
  while (rest) {
    const chunk = store.chunk(log, rest);
    rows.push(...chunk.rows);
    rest = chunk.rest;
  }
  expect(`[${rows.join(",")}]`).toBe(JSON.stringify(written));
});

test("Times are written to the millisecond, as the language writes them.", () => {
  const { store, log, put, all } = open();
  const times = [0, 1, 999, 1000, 951_782_399_999, 1_790_000_000_001, Date.UTC(2100, 1, 28, 23, 59, 59, 999)];
  for (let n = 0; n < 200; n++) times.push(1_700_000_000_000 + n * 86_399_997 + n);
  for (const time of times) put("x", time);
  const read = rowsOf<{ time: string }>(store.chunk(log, { ...all, rows: times.length }));
  expect(read.map(({ time }) => time)).toEqual(times.map((time) => new Date(time).toISOString()));
});

test("Long messages fill a chunk sooner, and are followed by the rest.", () => {
  const { store, log, put, all } = open();
  const long = "é".repeat(limits.bodyMaxBytes / 2);
  for (let n = 0; n < 10; n++) put(long, n);
  const first = store.chunk(log, all);
  expect(rowsOf(first).length).toBeLessThan(10);
  expect(first.rest?.after).toBe(rowsOf(first).length);
  const second = store.chunk(log, first.rest ?? all);
  expect(rowsOf<{ id: number }>(second)[0]?.id).toBe(rowsOf(first).length + 1);
});
