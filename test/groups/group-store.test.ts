import { expect, test } from "vitest";
import { GroupMembers } from "../../src/groups/group-members.ts";
import { GroupStore } from "../../src/groups/group-store.ts";
import { Memberships } from "../../src/groups/memberships.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import { ReadMarkers } from "../../src/messaging/read-markers.ts";
import type { FullAddress, Name } from "../../src/protocol/names.ts";
import type { Transaction } from "../../src/storage/sql.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const tim = "tim" as Name;
const budi = "budi@surabaya" as FullAddress;
const group = "tim@surabaya" as FullAddress;

function open() {
  const { database, unitOfWork } = migratedDatabase();
  const logs = new MessageLogStore(database, unitOfWork);
  const store = new GroupStore({ database, unitOfWork, logs, members: new GroupMembers(database, unitOfWork) });
  const memberships = new Memberships(database, unitOfWork, new ReadMarkers(database));
  const write = <T>(work: (tx: Transaction) => T) => unitOfWork.runNow(work);
  const accountId = write((tx) => logs.addLog(tx, "mailbox", "budi"));
  return { store, memberships, accountId, write };
}

test("find returns the group's state after the latest write", () => {
  const { store, write } = open();
  const logId = write((tx) => store.create(tx, tim, "open", budi, 1));
  expect(store.find(tim)).toEqual({ logId, mode: "open", owner: budi, memberCount: 0, version: 0 });
  const member = { address: budi, role: "member", joinedAt: 1, destination: null, version: 0 } as const;
  write((tx) => store.putMember(tx, logId, member));
  expect(store.find(tim)?.memberCount).toBe(1);
  write((tx) => store.setOwner(tx, logId, null));
  expect(store.find(tim)?.owner).toBeNull();
  expect(write((tx) => store.nextVersion(tx, logId, 7))).toBe(7);
  expect(store.find(tim)?.version).toBe(7);
  write((tx) => store.removeMember(tx, logId, budi));
  expect(store.find(tim)?.memberCount).toBe(0);
  write((tx) => store.drop(tx, logId));
  expect(store.find(tim)).toBeNull();
  expect(write((tx) => store.create(tx, tim, "private", budi, 2))).not.toBe(logId);
  expect(store.find(tim)?.mode).toBe("private");
});

test("a member who is put again or removed twice is counted once", () => {
  const { store, write } = open();
  const logId = write((tx) => store.create(tx, tim, "open", budi, 1));
  for (const role of ["invited", "member"] as const) {
    write((tx) => store.putMember(tx, logId, { address: budi, role, joinedAt: 1, destination: null, version: 0 }));
  }
  expect(store.find(tim)?.memberCount).toBe(1);
  for (let n = 0; n < 2; n++) write((tx) => store.removeMember(tx, logId, budi));
  expect(store.find(tim)?.memberCount).toBe(0);
});

test("roleOf returns an account's role after the latest write", () => {
  const { memberships, accountId, write } = open();
  const role = () => memberships.roleOf(accountId, group);
  expect(role()).toBeNull();
  write((tx) => memberships.markJoining(tx, accountId, group));
  expect(role()).toBe("joining");
  write((tx) => memberships.set(tx, accountId, group, "member", 3));
  expect([role(), memberships.isMember(accountId, group)]).toEqual(["member", true]);
  write((tx) => memberships.applyRemoval(tx, accountId, group, 4));
  expect(role()).toBeNull();
});

test("writes that were rolled back are not returned", () => {
  const { store, memberships, accountId, write } = open();
  const logId = write((tx) => store.create(tx, tim, "open", budi, 1));
  write((tx) => memberships.set(tx, accountId, group, "member", 1));
  const fail = () =>
    write((tx) => {
      store.setOwner(tx, logId, null);
      memberships.set(tx, accountId, group, "owner", 2);
      expect([store.find(tim)?.owner, memberships.roleOf(accountId, group)]).toEqual([null, "owner"]);
      throw new Error("a later write of the batch");
    });
  expect(fail).toThrow("later");
  expect([store.find(tim)?.owner, memberships.roleOf(accountId, group)]).toEqual([budi, "member"]);
});
