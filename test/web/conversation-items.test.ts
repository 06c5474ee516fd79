import { expect, test } from "vitest";
import type { ThreadMessage } from "../../src/protocol/replies.ts";
import {
  type ConversationItems,
  itemsWithFinalState,
  itemsWithMessage,
  itemsWithReadMarker,
  itemsWithRole,
  mergeGroups,
  mergeSummaries,
  sortedItems,
  totalUnread,
} from "../../src/web/chat/conversation-items.ts";

const ownAddress = "budi@surabaya";
const ani = "ani@jakarta";
const aniKey = "private/ani@jakarta";
const message = (id: number, from = ani, more: Partial<ThreadMessage> = {}): ThreadMessage => ({
  id,
  from,
  text: `${id}`,
  time: `2026-11-23T10:00:${String(id).padStart(2, "0")}.000Z`,
  ...more,
});
const none: ConversationItems = new Map();
/** The items after these messages in the conversation with ani. */
const after = (start: ConversationItems, ...messages: ThreadMessage[]) =>
  messages.reduce((items, each) => itemsWithMessage(items, each, { kind: "private", address: ani, ownAddress }), start);
const only = (items: ConversationItems) => [...items.values()][0];

test("messages of others count as unread, own ones do not, and each counts once", () => {
  const items = after(none, message(1), message(2), message(2), message(3, ownAddress), message(1));
  expect(only(items)).toMatchObject({ newest: 3, unread: 2, last: { id: 3 } });
});

test("the read marker never moves back, from this device or another", () => {
  const read = itemsWithReadMarker(after(none, message(1), message(2)), aniKey, 2);
  expect(only(read)).toMatchObject({ read: 2, unread: 0 });
  expect(only(itemsWithReadMarker(read, aniKey, 1))).toMatchObject({ read: 2 });
  expect(itemsWithReadMarker(none, aniKey, 1)).toBe(none);
});

test("a list that is older than the read marker does not move it back", () => {
  const read = itemsWithReadMarker(after(none, message(1), message(2)), aniKey, 2);
  const summary = { with: ani, position: 1, newest: 2, read: 0, unread: 2, last: message(2) };
  expect(only(mergeSummaries(read, [summary]))).toMatchObject({ read: 2, unread: 0 });
  expect(only(mergeSummaries(read, [{ ...summary, newest: 3, last: message(3), unread: 3 }]))).toMatchObject({
    read: 2,
    newest: 3,
  });
});

test("a list that is older than a message does not remove it", () => {
  const summary = { with: ani, position: 1, newest: 2, read: 0, unread: 2, last: message(2) };
  const items = mergeSummaries(after(none, message(1), message(2), message(3)), [summary]);
  expect(only(items)).toMatchObject({ newest: 3, unread: 3, last: { id: 3 } });
  expect(only(mergeSummaries(none, [summary]))).toMatchObject({ kind: "private", address: ani, unread: 2 });
});

test("a group that is no longer listed is removed; a listed one keeps its last message", () => {
  const group = { group: "tim@surabaya", role: "owner" as const, newest: 1, read: 0, unread: 1 };
  let items = mergeGroups(none, [group]);
  items = itemsWithMessage(items, message(1), { kind: "group", address: "tim@surabaya", ownAddress });
  expect(only(mergeGroups(items, [{ ...group, newest: null }]))).toMatchObject({ newest: 1, last: { id: 1 } });
  expect(mergeGroups(items, []).size).toBe(0);
  expect(only(itemsWithRole(items, "tim@surabaya", "member"))).toMatchObject({ role: "member" });
  expect(itemsWithRole(items, "tim@surabaya", null).size).toBe(0);
});

test("invitations come first, then the newest conversations, then those without messages", () => {
  let items = mergeGroups(after(none, message(5)), [
    { group: "baru@surabaya", role: "member", newest: null, read: 0, unread: 0 },
    { group: "undangan@jakarta", role: "invited", newest: null, read: 0, unread: 0 },
  ]);
  const citra = "citra@surabaya";
  items = itemsWithMessage(items, message(9, citra), { kind: "private", address: citra, ownAddress });
  expect(sortedItems(items).map(({ address }) => address)).toEqual([
    "undangan@jakarta",
    "citra@surabaya",
    ani,
    "baru@surabaya",
  ]);
  expect(totalUnread(items)).toBe(2);
});

test("the last message gets its final state", () => {
  const sent = after(none, message(1, ownAddress, { sent: 4, state: "queued" }));
  expect(only(itemsWithFinalState(sent, ani, 4, { state: "delivered" }))?.last?.state).toBe("delivered");
  expect(itemsWithFinalState(sent, ani, 5, { state: "delivered" })).toBe(sent);
});
