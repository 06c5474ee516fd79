import { expect, test } from "vitest";
import { GroupStore } from "../../src/groups/group-store.ts";
import { Memberships } from "../../src/groups/memberships.ts";
import { MessageStore } from "../../src/messaging/message-store.ts";
import type { FullAddress, Name } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const tim = "tim" as Name;
const budi = "budi@surabaya" as FullAddress;
const group = "tim@surabaya" as FullAddress;

function open() {
  const { sql, transaction } = memoryDatabase();
  migrate(sql);
  const messages = new MessageStore(sql);
  const store = new GroupStore(sql, messages);
  const memberships = new Memberships(sql, () => {});
  const account = messages.addLog("mailbox", "budi");
  return { store, memberships, account, transaction: store.within(memberships.within(transaction)) };
}

test("What a group is said to be is what the last change has made of it.", () => {
  const { store } = open();
  const log = store.create(tim, "open", budi, 1);
  expect(store.find(tim)).toEqual({ log, mode: "open", owner: budi, members: 0, version: 0 });
  store.put(log, { member: budi, role: "member", joined: 1, destination: null, version: 0 });
  expect(store.find(tim)?.members).toBe(1);
  store.setOwner(log, "");
  expect(store.find(tim)?.owner).toBe("");
  expect(store.nextVersion(log, 7)).toBe(7);
  expect(store.find(tim)?.version).toBe(7);
  store.remove(log, budi);
  expect(store.find(tim)?.members).toBe(0);
  store.drop(log);
  expect(store.find(tim)).toBeNull();
  expect(store.create(tim, "private", budi, 2)).not.toBe(log);
  expect(store.find(tim)?.mode).toBe("private");
});

test("What an account is in a group is what the last change has made of it.", () => {
  const { memberships, account } = open();
  const role = () => memberships.roleOf(account, group);
  expect(role()).toBeNull();
  memberships.begin(account, group);
  expect(role()).toBe("joining");
  memberships.set(account, group, "member", 3);
  expect([role(), memberships.isMember(account, group)]).toEqual(["member", true]);
  memberships.removed(account, group, 4);
  expect(role()).toBeNull();
});

test("What was rolled back has never been.", () => {
  const { store, memberships, account, transaction } = open();
  const log = store.create(tim, "open", budi, 1);
  memberships.set(account, group, "member", 1);
  const fail = () => {
    store.setOwner(log, "");
    memberships.set(account, group, "owner", 2);
    expect([store.find(tim)?.owner, memberships.roleOf(account, group)]).toEqual(["", "owner"]);
    throw new Error("a later work of the batch");
  };
  expect(() => transaction(fail)).toThrow("later");
  expect([store.find(tim)?.owner, memberships.roleOf(account, group)]).toEqual([budi, "member"]);
});
