import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { DeliveryTrigger } from "../../src/delivery/delivery-trigger.ts";
import { DestinationStore } from "../../src/delivery/destination-store.ts";
import { healthyState, isItemExpired } from "../../src/delivery/retry-policy.ts";
import { GroupMembers } from "../../src/groups/group-members.ts";
import { GroupStore } from "../../src/groups/group-store.ts";
import { GroupUpdateOutbox } from "../../src/groups/group-update-outbox.ts";
import { Groups } from "../../src/groups/groups.ts";
import { MembershipUpdateReceiver } from "../../src/groups/membership-update-receiver.ts";
import { Memberships } from "../../src/groups/memberships.ts";
import { PendingMembershipUpdates } from "../../src/groups/pending-membership-updates.ts";
import { ReplicaStore } from "../../src/groups/replica-store.ts";
import { Replicas } from "../../src/groups/replicas.ts";
import { ReplicationCursors } from "../../src/groups/replication-cursors.ts";
import { limits } from "../../src/limits.ts";
import type { GroupRequest } from "../../src/protocol/group-requests.ts";
import type { FullAddress, Name, RealmName } from "../../src/protocol/names.ts";
import { AddressRouter } from "../../src/shard-api/address-router.ts";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { AlarmSchedule } from "../../src/storage/alarm-schedule.ts";
import type { Transaction } from "../../src/storage/sql.ts";
import { openMessaging } from "../support/messaging.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const realm = "surabaya" as RealmName;
const tim = "tim" as Name;
const group = "tim@surabaya" as FullAddress;
const budi = "budi@surabaya" as FullAddress;
const ani = "ani@surabaya" as FullAddress;
const jakarta = (n: number) => `warga${n}@jakarta` as FullAddress;

/** A private group of budi, in shard 0, whose accounts are budi and ani; jakarta is another realm. */
function setUp(shardCount = 1) {
  const { database, unitOfWork } = migratedDatabase();
  const write = <T>(work: (tx: Transaction) => T) => unitOfWork.runNow(work);
  let now = 0;
  const clock = () => ++now;
  const config = parseConfig({ REALM: realm, SHARDS: shardCount, PEERS: { jakarta: "https://jakarta.example" } });
  const router = new AddressRouter(config, realm, 0);

  const { blocks, logs, mailboxes, mailboxWriter, readMarkers } = openMessaging({ database, unitOfWork }, clock);
  const memberships = new Memberships(database, unitOfWork, readMarkers);
  const updateReceiver = new MembershipUpdateReceiver({ router, mailboxes, mailboxWriter, blocks, memberships });

  const destinations = new DestinationStore(database, "group-updates");
  const alarm = new AlarmSchedule({ get: async () => null, set: async () => {} });
  const schedule = new DeliveryTrigger({ queue: "group-updates", destinations, alarm, clock });
  const cursors = new ReplicationCursors(database, schedule);
  const pendingUpdates = new PendingMembershipUpdates(database, schedule);

  const members = new GroupMembers(database, unitOfWork);
  const store = new GroupStore({ database, unitOfWork, logs, members });
  const shared = {
    realm,
    router,
    members,
    logs,
    cursors,
    pendingUpdates,
    updateReceiver,
    unitOfWork,
    clock,
    monotonic: clock,
  };
  const groups = new Groups({ ...shared, store });
  const replicas = new Replicas({ ...shared, store: new ReplicaStore(database, logs, members) });
  const outbox = new GroupUpdateOutbox({ realm, cursors, pendingUpdates, groups, replicas });

  write((tx) => {
    for (const name of ["budi", "ani"]) logs.addLog(tx, "mailbox", name);
    groups.create(tx, tim, "private", budi);
  });
  const handle = (request: GroupRequest) => write((tx) => groups.handle(tx, request));
  const invite = (member: FullAddress) => handle({ kind: "invite", group, by: budi, member });
  const inviteAndJoin = (member: FullAddress) => {
    invite(member);
    handle({ kind: "join", group, by: member, have: 0 });
  };
  const logId = store.find(tim)?.logId ?? 0;
  const queued = () =>
    database.all<{ change: string; version: number }>(
      "select change, version from pending_membership_updates order by id",
    );
  return {
    groups,
    replicas,
    store,
    members,
    memberships,
    mailboxes,
    outbox,
    handle,
    invite,
    inviteAndJoin,
    logId,
    queued,
    write,
  };
}

test("a destination without members loses its members at once, and its invitations stay", () => {
  const { groups, store, members, handle, invite, inviteAndJoin, logId, queued, write } = setUp();
  for (let n = 1; n <= 5; n++) inviteAndJoin(jakarta(n));
  inviteAndJoin(ani);
  handle({ kind: "leave", group, by: budi });
  expect(store.find(tim)?.owner).toBe(jakarta(1));
  invite(jakarta(6));
  handle({ kind: "invite", group, by: jakarta(1), member: jakarta(6) });
  write((tx) => tx.write("delete from pending_membership_updates"));
  write((tx) => groups.removeDestination(tx, logId, "jakarta"));
  expect(members.list(logId).map(({ address, role }) => `${role} ${address}`)).toEqual([
    `member ${ani}`,
    `invited ${jakarta(6)}`,
  ]);
  expect(store.find(tim)).toMatchObject({ owner: ani, memberCount: 2 });
  // None of the removed members is offered the ownership on the way.
  expect(queued()).toEqual([]);
});

test("a member who becomes the owner gets the role of the owner", () => {
  const { memberships, mailboxes, handle, inviteAndJoin } = setUp();
  inviteAndJoin(ani);
  handle({ kind: "leave", group, by: budi });
  expect(memberships.roleOf(mailboxes.find(ani) ?? 0, group)).toBe("owner");
});

test("an invitation that could not be delivered is withdrawn, but not a later one", () => {
  const { groups, members, handle, invite, logId, queued, write } = setUp();
  invite(jakarta(1));
  handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  invite(jakarta(1));
  const [first, second] = queued()
    .filter(({ change }) => change === "invited")
    .map(({ version }) => version);
  write((tx) => groups.withdrawInvitation(tx, group, jakarta(1), first ?? 0));
  expect(members.find(logId, jakarta(1))?.role).toBe("invited");
  write((tx) => groups.withdrawInvitation(tx, group, jakarta(1), second ?? 0));
  expect(members.find(logId, jakarta(1))).toBe(null);
});

test("each change of a membership has a greater version than those before, also in a new group of the same name", () => {
  const { groups, store, handle, inviteAndJoin, logId, queued, write } = setUp();
  const join = (member: FullAddress) => handle({ kind: "join", group, by: member, have: 0 });
  inviteAndJoin(jakarta(1));
  const first = join(jakarta(1));
  handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  inviteAndJoin(jakarta(1));
  const second = join(jakarta(1));
  handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  const [invited = 0, removed = 0, again = 0, gone = 0] = queued().map(({ version }) => version);
  const joined = [first, second].map((reply) => (reply.kind === "joined" ? reply.version : 0));
  const inOrder = [invited, joined[0], removed, again, joined[1], gone];
  expect(inOrder).toEqual([...new Set(inOrder)].sort((a = 0, b = 0) => a - b));
  handle({ kind: "leave", group, by: budi });
  expect(store.find(tim)).toBeNull();
  write((tx) => groups.create(tx, tim, "open", budi));
  expect(store.find(tim)?.logId).not.toBe(logId);
  expect(store.find(tim)?.version).toBeGreaterThan(gone);
});

test("an invitation expires, and a removal stays queued until the member's realm returns", () => {
  const { outbox, handle, inviteAndJoin, queued } = setUp();
  inviteAndJoin(jakarta(1));
  handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  const isLate = (queuedAt: number | null) =>
    queuedAt !== null && isItemExpired(queuedAt, limits.deliveryTtlMs + 1_000, { ...healthyState, failures: 1 });
  expect(queued()).toHaveLength(2);
  expect(
    outbox
      .nextBatch("jakarta", 10)
      .map(({ item, queuedAt }) => [item.kind === "membership-update" && item.change, isLate(queuedAt)]),
  ).toEqual([
    ["invited", true],
    ["removed", false],
  ]);
});

test("a late answer about a dropped replica leaves the members of the next replica of the group", async () => {
  const { outbox, replicas, write } = setUp(2);
  const arisan = "arisan@jakarta" as FullAddress;
  const names = ["budi", "ani", "citra", "dewi"] as Name[];
  const far = `${names.find((name) => shardIndexOf(name, 2) === 1)}@${realm}` as FullAddress;
  const join = (newest: number) => replicas.join(arisan, far, async () => ({ newest, version: newest + 1 }));
  const message = { kind: "group-message", group: arisan, id: 1, after: 0, from: jakarta(1), text: "halo" } as const;
  await join(0);
  write((tx) => replicas.receive(tx, { ...message, time: 0 }));
  const batch = outbox.nextBatch("surabaya/1", 10);
  expect(batch).toHaveLength(1);

  write((tx) => replicas.removeMember(tx, arisan, far));
  await join(1);
  const result = { state: "failed", reason: "no-such-group" } as const;
  const settlements = batch.map((queued) => ({ queued, result, isAwaited: false }));
  write((tx) => outbox.settle(tx, "surabaya/1", settlements));
  expect(replicas.hasMember(arisan, far)).toBe(true);
});
