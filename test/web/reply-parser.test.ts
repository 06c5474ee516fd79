import { expect, test } from "vitest";
import { areJoinedGroups, areThreadMessages } from "../../src/web/chat/protocol-guards.ts";
import { parseFrame, parseReply, replyData } from "../../src/web/chat/reply-parser.ts";

const group = { group: "tim@surabaya", role: "member", newest: null, read: 0, unread: 0 };

test("data is returned only if every member has the type that the protocol gives it", () => {
  const data = (value: unknown) => replyData(parseReply({ status: "OK", data: value }), areJoinedGroups);
  expect(data([group, { ...group, addedLater: 1 }])).toHaveLength(2);
  for (const wrong of [{ role: "king" }, { newest: "1" }, { read: null }, { group: undefined }]) {
    expect(data([group, { ...group, ...wrong }])).toBeNull();
  }
  for (const wrong of ["", null, {}, [null], [[]]]) expect(data(wrong)).toBeNull();
});

test("an optional member may be missing, and must have its type", () => {
  const message = { id: 1, from: "ani@jakarta", text: "", time: "" };
  expect(areThreadMessages([message, { ...message, sent: 4, state: "queued" }])).toBe(true);
  expect(areThreadMessages([{ ...message, sent: "4" }])).toBe(false);
});

test("an error reply has no data", () => {
  expect(replyData({ status: "ERROR", data: [] }, areJoinedGroups)).toBeNull();
});

test("a known event with valid data is an event, and anything else is ignored", () => {
  const frame = (event: string, data: unknown) => parseFrame(JSON.stringify({ event, data }));
  expect(frame("live", { cursor: 7 })).toMatchObject({ kind: "event", event: { data: { cursor: 7 } } });
  expect(frame("read", { kind: "group", with: "tim@surabaya", id: 3 })?.kind).toBe("event");
  expect(frame("read", { kind: "group", with: "tim", id: 3 })).toBeNull();
  expect(frame("live", null)).toBeNull();
  expect(frame("constructor", {})).toBeNull();
  expect(parseFrame("{")).toBeNull();
});
