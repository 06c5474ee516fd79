import { expect, test } from "vitest";
import type { AccountStore } from "../../src/accounts/account-store.ts";
import type { SessionStore } from "../../src/accounts/session-store.ts";
import type { DestinationStore } from "../../src/delivery/destination-store.ts";
import type { GroupMembers } from "../../src/groups/group-members.ts";
import type { GroupStore } from "../../src/groups/group-store.ts";
import type { Memberships } from "../../src/groups/memberships.ts";
import type { PendingMembershipUpdates } from "../../src/groups/pending-membership-updates.ts";
import type { ReplicaStore } from "../../src/groups/replica-store.ts";
import type { ReplicationCursors } from "../../src/groups/replication-cursors.ts";
import type { ConversationStore } from "../../src/messaging/conversation-store.ts";
import type { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import type { ReadMarkers } from "../../src/messaging/read-markers.ts";
import type { SentLog } from "../../src/messaging/sent-log.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import type { ShardInfoStore } from "../../src/shard/shard-info-store.ts";
import type { Reader, Transaction } from "../../src/storage/sql.ts";
import { memoryDatabase } from "../support/sqlite.ts";

/** The names of the methods whose first parameter is a transaction, and not a mere reader. */
type WriteOf<Store> = {
  [Name in keyof Store]: Store[Name] extends (...parameters: infer Parameters) => unknown
    ? [Parameters[0]] extends [Transaction]
      ? Name
      : never
    : never;
}[keyof Store];

/** Compiles only if each method takes a transaction. */
function writes<Store>(...names: WriteOf<Store>[]): number {
  return names.length;
}

// These tests are checked by `tsc`; when they run they only make sure that they are there.
test("every write of every store takes a transaction first", () => {
  const counts = [
    writes<AccountStore>("add", "setVerifier", "setThrottle"),
    writes<SessionStore>("add", "touch", "end", "endAll"),
    writes<DestinationStore>("set", "noteContact", "delete"),
    writes<GroupMembers>("put", "remove", "removeAll"),
    writes<GroupStore>("create", "setOwner", "nextVersion", "putMember", "removeMember", "drop"),
    writes<Memberships>("markJoining", "abandonJoin", "set", "applyInvitation", "remove", "applyRemoval"),
    writes<PendingMembershipUpdates>("add", "delete"),
    writes<ReplicaStore>("create", "setCompleteUpTo", "setGapAfter", "drop"),
    writes<ReplicationCursors>("subscribe", "unsubscribe", "unsubscribeAll", "messageAppended", "setLastSent"),
    writes<ConversationStore>("add", "prune"),
    writes<MessageLogStore>("addLog", "append", "appendReplicated", "prune", "drop", "deleteDropped"),
    writes<ReadMarkers>("advance", "delete"),
    writes<SentLog>("findByKey", "addDelivered", "addFailed", "addQueued", "settle", "prune"),
    writes<ShardInfoStore>("create", "setRetentionRanAt"),
  ];
  expect(Math.min(...counts)).toBeGreaterThan(0);
  // @ts-expect-error: a read takes no transaction, so the rule above tells the two apart
  writes<MessageLogStore>("highestIdEver");
});

test("a write without a transaction does not compile", () => {
  const rejected = (
    logs: MessageLogStore,
    readMarkers: ReadMarkers,
    reader: Reader,
    tx: Transaction,
    group: FullAddress,
  ) => {
    logs.addLog(tx, "mailbox", "budi");
    // @ts-expect-error: the transaction is missing
    logs.addLog("mailbox", "budi");
    // @ts-expect-error: a reader is no transaction
    logs.addLog(reader, "mailbox", "budi");
    readMarkers.advance(tx, 1, "group", group, 1);
    // @ts-expect-error: the transaction is missing
    readMarkers.advance(1, "group", group, 1);
  };
  expect(rejected).toBeTypeOf("function");
});

test("a write through a reader does not compile", () => {
  const rejected = (reader: Reader, tx: Transaction) => {
    tx.write("delete from messages");
    // @ts-expect-error: a reader only reads
    reader.write("delete from messages");
    tx.writeReturning("delete from messages returning id");
    // @ts-expect-error: a reader only reads
    reader.writeReturning("delete from messages returning id");
    tx.emit({ type: "message-log-dropped" });
    // @ts-expect-error: a reader emits no events
    reader.emit({ type: "message-log-dropped" });
  };
  expect(rejected).toBeTypeOf("function");
});

test("a query that writes throws where a test's reader is given it, and writes nothing", () => {
  const { driver, database } = memoryDatabase();
  driver.run("create table notes (note text not null) strict");
  const queries = [
    "insert into notes values ('a')",
    "insert into notes values ('a') returning note",
    "with given (note) as (values ('a')) insert into notes select note from given returning note",
  ];
  for (const query of queries) {
    const reads = [() => database.first(query), () => database.all(query), () => database.columns(query)];
    for (const read of reads) expect(read, query).toThrow(/no select|readonly/);
  }
  expect(database.all("select note from notes")).toEqual([]);
  driver.run("insert into notes values ('a')");
  expect(database.all("select note from notes")).toEqual([{ note: "a" }]);
  expect(database.columns("with given (note) as (values (1)) select * from given")).toEqual([[1]]);
});
