import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageLogStore, toMessage } from "../../src/messaging/message-log-store.ts";
import type { Chunk } from "../../src/paging/chunk.ts";
import type { PageRange } from "../../src/paging/page-range.ts";
import { toJson } from "../../src/protocol/json.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const from = "budi@surabaya" as FullAddress;
const group = "tim@surabaya" as FullAddress;
const all: PageRange = { after: 0, until: Number.MAX_SAFE_INTEGER, rows: Number.MAX_SAFE_INTEGER };

function open() {
  const { database, unitOfWork } = migratedDatabase();
  const logs = new MessageLogStore(database, unitOfWork);
  const logId = unitOfWork.runNow((tx) => logs.addLog(tx, "group", "tim"));
  const append = (text: string, time: number) =>
    unitOfWork.runNow((tx) => logs.append(tx, logId, { uid: null, from, text, time, receivedAt: time }, group));
  const chunk = (range: PageRange) => logs.chunk(logId, range);
  return { append, chunk };
}

function parsedRows({ rows }: Chunk): { id: number; time: string }[] {
  return rows.map((row) => JSON.parse(row));
}

test("long messages after short ones do not make a chunk longer than a peer accepts, and none is left out", () => {
  const { append, chunk } = open();
  // A control character takes six characters as JSON.
  const long = "\u0001".repeat(limits.bodyMaxBytes);
  for (let n = 1; n <= 60; n++) append(n <= 8 ? "pendek" : long, n);
  const ids: number[] = [];
  for (let rest: PageRange | null = all; rest; ) {
    const next: Chunk = chunk(rest);
    const bytes = Buffer.byteLength(next.rows.join(","));
    expect(bytes).toBeLessThan(limits.queryAnswerMaxBytes / 2);
    ids.push(...parsedRows(next).map(({ id }) => id));
    rest = next.rest;
  }
  expect(ids).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
});

test("a row is the JSON of its message, whatever characters its text has", () => {
  const { append, chunk } = open();
  // Every code unit that JSON, HTML or a terminal may misread, and some beyond the first plane.
  const texts = Array.from({ length: 0x3000 }, (_, n) => n)
    .filter((code) => code % 64 === 0)
    .map((code) => String.fromCharCode(...Array.from({ length: 64 }, (_, n) => code + n)));
  texts.push("\u{1f600}\u{10ffff}", "\ufeff\ufffe\uffff", "</script>", "\u2028\u2029");
  const messages = texts.map((text, index) => {
    const appended = append(text, index);
    return toMessage("id" in appended ? appended.id : 0, { from, text, time: index });
  });
  const rows: string[] = [];
  for (let rest: PageRange | null = all; rest; ) {
    const next: Chunk = chunk(rest);
    rows.push(...next.rows);
    rest = next.rest;
  }
  expect(`[${rows.join(",")}]`).toBe(toJson(messages));
});

test("times are formatted to the millisecond, like Date.toISOString", () => {
  const { append, chunk } = open();
  const times = [0, 1, 999, 1000, 951_782_399_999, 1_790_000_000_001, Date.UTC(2100, 1, 28, 23, 59, 59, 999)];
  for (let n = 0; n < 200; n++) times.push(1_700_000_000_000 + n * 86_399_997 + n);
  for (const time of times) append("x", time);
  const read = parsedRows(chunk({ ...all, rows: times.length }));
  expect(read.map(({ time }) => time)).toEqual(times.map((time) => new Date(time).toISOString()));
});

test("long messages fill a chunk sooner, and the next chunk has the rest", () => {
  const { append, chunk } = open();
  const long = "é".repeat(limits.bodyMaxBytes / 2);
  for (let n = 0; n < 10; n++) append(long, n);
  const first = chunk(all);
  expect(first.rows.length).toBeLessThan(10);
  expect(first.rest?.after).toBe(first.rows.length);
  const second = chunk(first.rest ?? all);
  expect(parsedRows(second)[0]?.id).toBe(first.rows.length + 1);
});
