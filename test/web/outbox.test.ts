import { expect, test } from "vitest";
import {
  answered,
  due,
  ended,
  isPassing,
  kept,
  lettersOf,
  lineLost,
  type Outbox,
  placed,
  placedInGroup,
  retried,
  sending,
  withLetter,
} from "../../src/web/chat/outbox.ts";
import type { Kind, Reply, Row } from "../../src/web/chat/reply-parser.ts";

const me = "budi@surabaya";
const write = (outbox: Outbox, key: string, to = "ani@jakarta", kind: Kind = "private", text = key) =>
  withLetter(outbox, { key, kind, to, text, written: "2026-11-23T10:00:00.000Z" });
const ok = (more: Partial<Reply> = {}): Reply => ({ status: "OK", data: "", ...more });
const no = (error: string, more: Partial<Reply> = {}): Reply => ({ status: "ERROR", data: "Maaf", error, ...more });
const keys = (outbox: readonly { key: string }[]) => outbox.map(({ key }) => key);
const states = (outbox: Outbox) => outbox.map(({ state }) => state);
const row = (id: number, more: Partial<Row>): Row => ({ id, from: me, text: "", time: "", ...more });

test("In each conversation one letter goes out at a time, in the order of writing.", () => {
  let outbox = write(write(write([], "a"), "b"), "c", "citra@surabaya");
  expect(keys(due(outbox))).toEqual(["a", "c"]);
  outbox = sending(outbox, "a", 0);
  expect(keys(due(outbox))).toEqual(["c"]);
  ({ outbox } = answered(outbox, "a", ok({ delivery: { id: 1, state: "delivered", thread: 4 } }), me));
  expect(keys(due(outbox))).toEqual(["b", "c"]);
});

test("A lost answer makes the same letter wait again, with the same key.", () => {
  const outbox = lineLost(sending(write([], "a"), "a", 3));
  expect(due(outbox)).toMatchObject([{ key: "a", state: "waiting", after: 3 }]);
  expect(sending(outbox, "a", 9)[0]?.after).toBe(3);
});

test("An answered private message becomes a row, and leaves the outbox.", () => {
  const outbox = sending(write([], "a"), "a", 3);
  const delivery = { id: 11, state: "queued", thread: 4 } as const;
  expect(answered(outbox, "a", ok({ delivery }), me)).toEqual({
    outbox: [],
    row: { id: 4, from: me, text: "a", time: "2026-11-23T10:00:00.000Z", key: "a", sent: 11, state: "queued" },
  });
  const failed = answered(outbox, "a", no("no-such-user", { delivery: { ...delivery, state: "failed" } }), me);
  expect(failed).toMatchObject({ outbox: [], row: { state: "failed", reason: "no-such-user" } });
});

test("An error that recorded nothing leaves the letter, with its reason; it is tried again under the same key.", () => {
  const { outbox, row } = answered(sending(write([], "a"), "a", 0), "a", no("no-such-realm"), me);
  expect(row).toBeNull();
  expect(outbox).toMatchObject([{ state: "failed", reason: "no-such-realm", sentence: "Maaf" }]);
  expect(due(outbox)).toEqual([]);
  expect(due(retried(outbox, "a", "z"))).toMatchObject([{ key: "a", text: "a" }]);
});

test("A message to a group that was recorded as failed is tried again under a new key: its own would fail again.", () => {
  const sent = sending(write([], "a", "tim@surabaya", "group"), "a", 0);
  const { outbox } = answered(sent, "a", no("no-such-group", { delivery: { id: 5, state: "failed" } }), me);
  expect(due(retried(outbox, "a", "z"))).toMatchObject([{ key: "z", text: "a" }]);
});

test("An error that passes by itself, or is about the session, fails no letter.", () => {
  for (const reply of [no("busy", { retryAfter: 2 }), no("internal"), no("session-ended")]) {
    expect(isPassing(reply)).toBe(true);
    expect(states(answered(sending(write([], "a"), "a", 0), "a", reply, me).outbox)).toEqual(["waiting"]);
  }
});

test("A letter whose row came before its answer is shown once, and still gets its answer.", () => {
  const outbox = sending(write([], "a"), "a", 0);
  const rows = [row(1, { key: "a" })];
  expect(placed(outbox, rows)).toEqual(outbox);
  expect(lettersOf(outbox, "private", "ani@jakarta", rows)).toEqual([]);
  expect(lettersOf(outbox, "private", "ani@jakarta", [])).toHaveLength(1);
});

test("A message to a group is its row where that is mine, says the same and came after it; each row once.", () => {
  const delivered = ok({ delivery: { id: 1, state: "delivered" } });
  let outbox: Outbox = [];
  for (const key of ["a", "b"]) {
    outbox = sending(write(outbox, key, "tim@surabaya", "group", "ok"), key, 7);
    ({ outbox } = answered(outbox, key, delivered, me));
  }
  const place = (...rows: Row[]) => keys(placedInGroup(outbox, "tim@surabaya", rows, me));
  expect(place(row(7, { text: "ok" }))).toEqual(["a", "b"]);
  expect(place(row(8, { text: "ok", from: "ani@jakarta" }))).toEqual(["a", "b"]);
  expect(place(row(8, { text: "ok" }))).toEqual(["b"]);
  expect(place(row(8, { text: "ok" }), row(9, { text: "ok" }))).toEqual([]);
});

test("A queued message to a group learns its end.", () => {
  const sent = sending(write([], "a", "tim@jakarta", "group"), "a", 0);
  const { outbox } = answered(sent, "a", ok({ delivery: { id: 5, state: "queued" } }), me);
  expect(states(ended(outbox, 5, { state: "delivered" }))).toEqual(["delivered"]);
  expect(states(ended(outbox, 6, { state: "delivered" }))).toEqual(["queued"]);
});

test("A page that is loaded again goes on where it was, and a damaged store is an empty one.", () => {
  const outbox = sending(write(write([], "a"), "b"), "a", 0);
  expect(keys(due(kept(JSON.stringify(outbox))))).toEqual(["a"]);
  for (const text of [null, "", "{", "{}", "7"]) expect(kept(text)).toEqual([]);
});
