import { expect, test } from "vitest";
import type { ConversationKind } from "../../src/protocol/commands.ts";
import type { ThreadMessage } from "../../src/protocol/replies.ts";
import {
  addPending,
  applySendReply,
  isRetryableReply,
  markSending,
  type PendingMessages,
  parsePendingMessages,
  pendingInConversation,
  pendingWithFinalState,
  readyToSend,
  removeStoredInGroup,
  removeStoredPrivate,
  requeueSending,
  retryFailed,
} from "../../src/web/chat/pending-messages.ts";
import type { Reply } from "../../src/web/chat/reply-parser.ts";

const ownAddress = "budi@surabaya";
const written = "2026-11-23T10:00:00.000Z";
const add = (
  pending: PendingMessages,
  key: string,
  to = "ani@jakarta",
  kind: ConversationKind = "private",
  text = key,
) => addPending(pending, { key, kind, to, text, written });
const ok = (more: Partial<Reply> = {}): Reply => ({ status: "OK", data: "", ...more });
const failed = (error: string, more: Partial<Reply> = {}): Reply => ({ status: "ERROR", data: "Maaf", error, ...more });
const keys = (pending: readonly { key: string }[]) => pending.map(({ key }) => key);
const states = (pending: PendingMessages) => pending.map(({ state }) => state);
const message = (id: number, more: Partial<ThreadMessage>): ThreadMessage => ({
  id,
  from: ownAddress,
  text: "",
  time: "",
  ...more,
});

test("each conversation has one message in flight, in the order of writing", () => {
  let pending = add(add(add([], "a"), "b"), "c", "citra@surabaya");
  expect(keys(readyToSend(pending))).toEqual(["a", "c"]);
  pending = markSending(pending, "a", 0);
  expect(keys(readyToSend(pending))).toEqual(["c"]);
  const reply = ok({ delivery: { id: 1, state: "delivered", thread: 4 } });
  ({ pending } = applySendReply(pending, "a", reply, ownAddress));
  expect(keys(readyToSend(pending))).toEqual(["b", "c"]);
});

test("after a lost reply the message waits again under the same key", () => {
  const pending = requeueSending(markSending(add([], "a"), "a", 3));
  expect(readyToSend(pending)).toMatchObject([{ key: "a", state: "waiting", after: 3 }]);
  expect(markSending(pending, "a", 9)[0]?.after).toBe(3);
});

test("a private message with a reply becomes a message of its conversation", () => {
  const pending = markSending(add([], "a"), "a", 3);
  const delivery = { id: 11, state: "queued", thread: 4 } as const;
  expect(applySendReply(pending, "a", ok({ delivery }), ownAddress)).toEqual({
    pending: [],
    stored: { id: 4, from: ownAddress, text: "a", time: written, key: "a", sent: 11, state: "queued" },
  });
  const error = failed("no-such-user", { delivery: { ...delivery, state: "failed" } });
  expect(applySendReply(pending, "a", error, ownAddress)).toMatchObject({
    pending: [],
    stored: { state: "failed", reason: "no-such-user" },
  });
});

test("a message that the server has not recorded fails with its reason and is retried under the same key", () => {
  const sending = markSending(add([], "a"), "a", 0);
  const { pending, stored } = applySendReply(sending, "a", failed("no-such-realm"), ownAddress);
  expect(stored).toBeNull();
  expect(pending).toMatchObject([{ state: "failed", reason: "no-such-realm", sentence: "Maaf" }]);
  expect(readyToSend(pending)).toEqual([]);
  expect(readyToSend(retryFailed(pending, "a", "z"))).toMatchObject([{ key: "a", text: "a" }]);
});

test("a group message that the server has recorded as failed is retried under a new key", () => {
  const sending = markSending(add([], "a", "tim@surabaya", "group"), "a", 0);
  const reply = failed("no-such-group", { delivery: { id: 5, state: "failed" } });
  const { pending } = applySendReply(sending, "a", reply, ownAddress);
  expect(readyToSend(retryFailed(pending, "a", "z"))).toMatchObject([{ key: "z", text: "a" }]);
});

test("a temporary error, or one about the session, fails no message", () => {
  for (const reply of [failed("busy", { retryAfter: 2 }), failed("internal"), failed("session-ended")]) {
    expect(isRetryableReply(reply)).toBe(true);
    const sending = markSending(add([], "a"), "a", 0);
    expect(states(applySendReply(sending, "a", reply, ownAddress).pending)).toEqual(["waiting"]);
  }
});

test("a message that is stored before its reply is shown once, and waits for the reply", () => {
  const pending = markSending(add([], "a"), "a", 0);
  const messages = [message(1, { key: "a" })];
  expect(removeStoredPrivate(pending, messages)).toEqual(pending);
  expect(pendingInConversation(pending, "private", "ani@jakarta", messages)).toEqual([]);
  expect(pendingInConversation(pending, "private", "ani@jakarta", [])).toHaveLength(1);
});

test("a group message matches an own, later message with the same text, and each stored message matches once", () => {
  const delivered = ok({ delivery: { id: 1, state: "delivered" } });
  let pending: PendingMessages = [];
  for (const key of ["a", "b"]) {
    pending = markSending(add(pending, key, "tim@surabaya", "group", "ok"), key, 7);
    ({ pending } = applySendReply(pending, key, delivered, ownAddress));
  }
  const left = (...messages: ThreadMessage[]) =>
    keys(removeStoredInGroup(pending, "tim@surabaya", messages, ownAddress));
  expect(left(message(7, { text: "ok" }))).toEqual(["a", "b"]);
  expect(left(message(8, { text: "ok", from: "ani@jakarta" }))).toEqual(["a", "b"]);
  expect(left(message(8, { text: "ok" }))).toEqual(["b"]);
  expect(left(message(8, { text: "ok" }), message(9, { text: "ok" }))).toEqual([]);
});

test("a queued message to a group gets its final state", () => {
  const sending = markSending(add([], "a", "tim@jakarta", "group"), "a", 0);
  const { pending } = applySendReply(sending, "a", ok({ delivery: { id: 5, state: "queued" } }), ownAddress);
  expect(states(pendingWithFinalState(pending, 5, { state: "delivered" }))).toEqual(["delivered"]);
  expect(states(pendingWithFinalState(pending, 6, { state: "delivered" }))).toEqual(["queued"]);
});

test("stored messages are read back, and damaged ones are dropped", () => {
  const pending = markSending(add(add([], "a"), "b"), "a", 0);
  expect(keys(readyToSend(parsePendingMessages(JSON.stringify(pending))))).toEqual(["a"]);
  expect(keys(parsePendingMessages(JSON.stringify([{ key: "x" }, ...pending])))).toEqual(["a", "b"]);
  for (const text of [null, "", "{", "{}", "7"]) expect(parsePendingMessages(text)).toEqual([]);
});
