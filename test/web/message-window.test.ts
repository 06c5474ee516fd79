import { expect, test } from "vitest";
import type { ThreadMessage } from "../../src/protocol/replies.ts";
import {
  appendPage,
  applyMessage,
  newestWindow,
  oldestWindow,
  pageSize,
  prependPage,
  windowMaxMessages,
  windowWithFinalState,
} from "../../src/web/chat/message-window.ts";

const message = (id: number, more: Partial<ThreadMessage> = {}): ThreadMessage => ({
  id,
  from: "ani@jakarta",
  text: `${id}`,
  time: "",
  ...more,
});
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => message(first + n));
const ids = (window: { messages: readonly ThreadMessage[] }) => window.messages.map(({ id }) => id);

test("scrolling up through 100,000 messages and down again holds a bounded number of them, without a gap", () => {
  const total = 100_000;
  let window = newestWindow(range(total - pageSize + 1, total));
  while (!window.reachesStart) {
    const before = window.messages[0]?.id ?? 0;
    window = prependPage(window, range(Math.max(1, before - pageSize), before - 1));
    const first = window.messages[0]?.id ?? 0;
    expect(window.messages.length).toBeLessThanOrEqual(windowMaxMessages);
    expect(window.messages.at(-1)?.id).toBe(first + window.messages.length - 1);
    if (first <= 1) window = prependPage(window, []);
  }
  expect(ids(window)[0]).toBe(1);
  expect(window.reachesEnd).toBe(false);
  while (!window.reachesEnd) {
    const after = window.messages.at(-1)?.id ?? 0;
    window = appendPage(window, range(after + 1, Math.min(total, after + pageSize)));
    expect(window.messages.length).toBeLessThanOrEqual(windowMaxMessages);
  }
  expect(ids(window).at(-1)).toBe(total);
  expect(window.reachesStart).toBe(false);
});

test("a page that is not full reaches the start or the end of the conversation", () => {
  expect(newestWindow(range(1, 3))).toMatchObject({ reachesStart: true, reachesEnd: true });
  expect(newestWindow(range(1, pageSize))).toMatchObject({ reachesStart: false, reachesEnd: true });
  expect(oldestWindow(range(1, pageSize))).toMatchObject({ reachesStart: true, reachesEnd: false });
});

test("a new message is appended, and the same one only once", () => {
  let { window } = applyMessage(newestWindow([]), message(7));
  ({ window } = applyMessage(window, message(8)));
  ({ window } = applyMessage(window, message(8)));
  ({ window } = applyMessage(window, message(7)));
  expect(ids(window)).toEqual([7, 8]);
});

test("an unchanged message stays the same object, and a changed one is updated", () => {
  const held = newestWindow([message(1), message(2)]);
  const { window } = applyMessage(held, message(2));
  expect(window.messages[1]).toBe(held.messages[1]);
  expect(applyMessage(held, message(2, { state: "delivered" })).window.messages[1]).toMatchObject({
    id: 2,
    state: "delivered",
  });
});

test("a message that does not follow the last one reports a gap and is not appended", () => {
  const held = newestWindow(range(1, 5));
  expect(applyMessage(held, message(8))).toEqual({ window: held, gap: true });
});

test("a window that does not reach the end ignores new messages", () => {
  const held = { messages: range(1, 5), reachesStart: true, reachesEnd: false };
  expect(applyMessage(held, message(900))).toEqual({ window: held, gap: false });
});

test("a queued message gets its final state, and the others stay the same objects", () => {
  const held = newestWindow([message(1), message(2, { sent: 9, state: "queued" })]);
  const next = windowWithFinalState(held, 9, { state: "failed", reason: "no-such-user" });
  expect(next.messages[1]).toMatchObject({ state: "failed", reason: "no-such-user" });
  expect(next.messages[0]).toBe(held.messages[0]);
  expect(windowWithFinalState(held, 10, { state: "delivered" })).toBe(held);
});
