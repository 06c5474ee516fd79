import { expect, test } from "vitest";
import {
  newestPage,
  oldestPage,
  pageRows,
  stretchMaxRows,
  withArrival,
  withNewer,
  withOlder,
  withState,
} from "../../src/web/chat/message-window.ts";
import type { Row } from "../../src/web/chat/reply-parser.ts";

const row = (id: number, more: Partial<Row> = {}): Row => ({
  id,
  from: "ani@jakarta",
  text: `${id}`,
  time: "",
  ...more,
});
const rows = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => row(first + n));
const ids = (stretch: { rows: readonly Row[] }) => stretch.rows.map(({ id }) => id);

test("Scrolling up through 100,000 messages and down again holds a bounded number of them, without a gap.", () => {
  const total = 100_000;
  let stretch = newestPage(rows(total - pageRows + 1, total));
  while (!stretch.reachesStart) {
    const before = stretch.rows[0]?.id ?? 0;
    stretch = withOlder(stretch, rows(Math.max(1, before - pageRows), before - 1));
    const first = stretch.rows[0]?.id ?? 0;
    expect(stretch.rows.length).toBeLessThanOrEqual(stretchMaxRows);
    expect(stretch.rows.at(-1)?.id).toBe(first + stretch.rows.length - 1);
    if (first <= 1) stretch = withOlder(stretch, []);
  }
  expect(ids(stretch)[0]).toBe(1);
  expect(stretch.reachesEnd).toBe(false);
  while (!stretch.reachesEnd) {
    const after = stretch.rows.at(-1)?.id ?? 0;
    stretch = withNewer(stretch, rows(after + 1, Math.min(total, after + pageRows)));
    expect(stretch.rows.length).toBeLessThanOrEqual(stretchMaxRows);
  }
  expect(ids(stretch).at(-1)).toBe(total);
  expect(stretch.reachesStart).toBe(false);
});

test("A page that is not full is the first, or the last.", () => {
  expect(newestPage(rows(1, 3))).toMatchObject({ reachesStart: true, reachesEnd: true });
  expect(newestPage(rows(1, pageRows))).toMatchObject({ reachesStart: false, reachesEnd: true });
  expect(oldestPage(rows(1, pageRows))).toMatchObject({ reachesStart: true, reachesEnd: false });
});

test("A new message comes to the end, the same one only once.", () => {
  let { stretch } = withArrival(newestPage([]), row(7));
  ({ stretch } = withArrival(stretch, row(8)));
  ({ stretch } = withArrival(stretch, row(8)));
  ({ stretch } = withArrival(stretch, row(7)));
  expect(ids(stretch)).toEqual([7, 8]);
});

test("What was said again changes nothing, and a row that says nothing new stays the same object.", () => {
  const held = newestPage([row(1), row(2)]);
  const { stretch } = withArrival(held, row(2));
  expect(stretch.rows[1]).toBe(held.rows[1]);
  expect(withArrival(held, row(2, { state: "delivered" })).stretch.rows[1]).toMatchObject({
    id: 2,
    state: "delivered",
  });
});

test("A message that is not the next tells of a gap, and is not shown before what is missing.", () => {
  const held = newestPage(rows(1, 5));
  expect(withArrival(held, row(8))).toEqual({ stretch: held, gap: true });
});

test("Whoever reads far up is not disturbed by what arrives at the end.", () => {
  const held = { rows: rows(1, 5), reachesStart: true, reachesEnd: false };
  expect(withArrival(held, row(900))).toEqual({ stretch: held, gap: false });
});

test("A queued message comes to its end in its own row.", () => {
  const held = newestPage([row(1), row(2, { sent: 9, state: "queued" })]);
  const next = withState(held, 9, { state: "failed", reason: "no-such-user" });
  expect(next.rows[1]).toMatchObject({ state: "failed", reason: "no-such-user" });
  expect(next.rows[0]).toBe(held.rows[0]);
  expect(withState(held, 10, { state: "delivered" })).toBe(held);
});
