import { expect, test } from "vitest";
import {
  type Conversations,
  ordered,
  unreadOf,
  withEnd,
  withGroups,
  withMessage,
  withRead,
  withRole,
  withThreads,
} from "../../src/web/chat/conversations.ts";
import type { Row } from "../../src/web/chat/reply-parser.ts";

const me = "budi@surabaya";
const ani = "ani@jakarta";
const row = (id: number, from = ani, more: Partial<Row> = {}): Row => ({
  id,
  from,
  text: `${id}`,
  time: `2026-11-23T10:00:${String(id).padStart(2, "0")}.000Z`,
  ...more,
});
const none: Conversations = new Map();
const heard = (from: Conversations, ...rows: Row[]) =>
  rows.reduce((conversations, each) => withMessage(conversations, "private", ani, each, me), from);
const only = (conversations: Conversations) => [...conversations.values()][0];

test("Messages of others count as unread, one's own do not, and none counts twice.", () => {
  const conversations = heard(none, row(1), row(2), row(2), row(3, me), row(1));
  expect(only(conversations)).toMatchObject({ newest: 3, unread: 2, last: { id: 3 } });
});

test("Reading goes forward only, here and on another device.", () => {
  const read = withRead(heard(none, row(1), row(2)), "private", ani, 2);
  expect(only(read)).toMatchObject({ read: 2, unread: 0 });
  expect(only(withRead(read, "private", ani, 1))).toMatchObject({ read: 2 });
  expect(withRead(none, "private", ani, 1)).toBe(none);
});

test("A list that was read before a mark was told does not take it back.", () => {
  const read = withRead(heard(none, row(1), row(2)), "private", ani, 2);
  const thread = { with: ani, newest: 2, read: 0, unread: 2, last: row(2) };
  expect(only(withThreads(read, [thread]))).toMatchObject({ read: 2, unread: 0 });
  expect(only(withThreads(read, [{ ...thread, newest: 3, last: row(3), unread: 3 }]))).toMatchObject({
    read: 2,
    newest: 3,
  });
});

test("A list that was read before a message came does not take it back.", () => {
  const thread = { with: ani, newest: 2, read: 0, unread: 2, last: row(2) };
  const conversations = withThreads(heard(none, row(1), row(2), row(3)), [thread]);
  expect(only(conversations)).toMatchObject({ newest: 3, unread: 3, last: { id: 3 } });
  expect(only(withThreads(none, [thread]))).toMatchObject({ kind: "private", address: ani, unread: 2 });
});

test("A group that is no longer named is gone; what it last said is kept while it is named.", () => {
  const group = { group: "tim@surabaya", role: "owner" as const, newest: 1, read: 0, unread: 1 };
  let groups = withGroups(none, [group]);
  groups = withMessage(groups, "group", "tim@surabaya", row(1), me);
  expect(only(withGroups(groups, [{ ...group, newest: null }]))).toMatchObject({ newest: 1, last: { id: 1 } });
  expect(withGroups(groups, []).size).toBe(0);
  expect(only(withRole(groups, "tim@surabaya", "member"))).toMatchObject({ role: "member" });
  expect(withRole(groups, "tim@surabaya", null).size).toBe(0);
});

test("Invitations stand first, then what moved last, then what never moved.", () => {
  let conversations = withGroups(heard(none, row(5)), [
    { group: "baru@surabaya", role: "member", newest: null, read: 0, unread: 0 },
    { group: "undangan@jakarta", role: "invited", newest: null, read: 0, unread: 0 },
  ]);
  conversations = withMessage(conversations, "private", "citra@surabaya", row(9, "citra@surabaya"), me);
  expect(ordered(conversations).map(({ address }) => address)).toEqual([
    "undangan@jakarta",
    "citra@surabaya",
    ani,
    "baru@surabaya",
  ]);
  expect(unreadOf(conversations)).toBe(2);
});

test("The list shows what became of the last message.", () => {
  const sent = heard(none, row(1, me, { sent: 4, state: "queued" }));
  expect(only(withEnd(sent, ani, 4, { state: "delivered" }))?.last?.state).toBe("delivered");
  expect(withEnd(sent, ani, 5, { state: "delivered" })).toBe(sent);
});
