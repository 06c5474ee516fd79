import { expect, test } from "vitest";
import { isGivenUp } from "../../src/delivery/retry-policy.ts";
import { GroupStore } from "../../src/groups/group-store.ts";
import { NewsOutbox } from "../../src/groups/group-update-outbox.ts";
import { Groups } from "../../src/groups/groups.ts";
import { limits } from "../../src/limits.ts";
import { type Arrival, Logs } from "../../src/messaging/logs.ts";
import type { FullAddress, Name } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import type { Change } from "../../src/shard-api/outbound-items.ts";
import { Notes } from "../../src/storage/notes.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const tim = "tim" as Name;
const group = "tim@surabaya" as FullAddress;
const budi = "budi@surabaya" as FullAddress;
const jakarta = (n: number) => `warga${n}@jakarta` as FullAddress;

/** A group of budi's, in an object from which links lead to all who are not of surabaya. */
function setUp() {
  const { sql } = memoryDatabase();
  migrate(sql);
  let now = 0;
  const logs = new Logs(sql, new Notes<Arrival>());
  const store = new GroupStore(sql, logs.store);
  const news = new NewsOutbox(sql, {
    addressOf: () => group,
    queued: () => {},
    unwanted: (log, destination) => groups.unwanted(log, destination),
  });
  const told: Change[] = [];
  const groups = new Groups({
    store,
    logs,
    news,
    clock: () => ++now,
    addressOf: () => group,
    isReachable: () => true,
    wayTo: (member) => ({ destination: member.endsWith("@surabaya") ? null : "jakarta", keepsCopy: true }),
    changed: (change) => told.push(change) > 0,
    dropped: () => {},
  });
  groups.create(tim, "private", budi);
  const invite = (member: FullAddress) => groups.handle({ kind: "invite", group, by: budi, member });
  const enter = (member: FullAddress) => {
    invite(member);
    groups.handle({ kind: "join", group, by: member, have: 0 });
  };
  const log = store.find(tim)?.log ?? 0;
  const notices = () => sql.exec<{ change: string; member: string }>("select change, member from notices").toArray();
  return { sql, groups, store, news, invite, enter, log, notices, told };
}

test("Where a realm has nobody in the group any more, its members go at once, and who is invited stays invited.", () => {
  const { groups, store, invite, enter, log, sql, notices } = setUp();
  for (let n = 1; n <= 5; n++) enter(jakarta(n));
  enter("ani@surabaya" as FullAddress);
  groups.handle({ kind: "leave", group, by: budi });
  expect(store.find(tim)?.owner).toBe(jakarta(1));
  invite(jakarta(6));
  groups.handle({ kind: "invite", group, by: jakarta(1), member: jakarta(6) });
  sql.exec("delete from notices");
  groups.unwanted(log, "jakarta");
  expect(store.members(log).map(({ member, role }) => `${role} ${member}`)).toEqual([
    "member ani@surabaya",
    `invited ${jakarta(6)}`,
  ]);
  expect(store.find(tim)).toMatchObject({ owner: "ani@surabaya", members: 2 });
  // None of those who go is told on the way that the group is theirs now.
  expect(notices()).toEqual([]);
});

test("An invitation that could not be brought is withdrawn, and not one that was made since.", () => {
  const { groups, store, invite, log, sql } = setUp();
  const versions = () =>
    sql.exec<{ version: number }>("select version from notices where change = 'invited' order by id").toArray();
  invite(jakarta(1));
  groups.handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  invite(jakarta(1));
  const [first, second] = versions().map(({ version }) => version);
  groups.withdraw(group, jakarta(1), first ?? 0);
  expect(store.member(log, jakarta(1))?.role).toBe("invited");
  groups.withdraw(group, jakarta(1), second ?? 0);
  expect(store.member(log, jakarta(1))).toBe(null);
});

test("Each change of a membership has a greater version than those before, also in a group of the same name.", () => {
  const { groups, enter, store, log, sql } = setUp();
  const join = (member: FullAddress) => groups.handle({ kind: "join", group, by: member, have: 0 });
  enter(jakarta(1));
  const first = join(jakarta(1));
  groups.handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  enter(jakarta(1));
  const second = join(jakarta(1));
  groups.handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  const versions = sql.exec<{ version: number }>("select version from notices order by id").toArray();
  const [invited = 0, removed = 0, again = 0, gone = 0] = versions.map(({ version }) => version);
  const joined = [first, second].map((reply) => (reply.kind === "joined" ? reply.version : 0));
  const inOrder = [invited, joined[0], removed, again, joined[1], gone];
  expect(inOrder).toEqual([...new Set(inOrder)].sort((a = 0, b = 0) => a - b));
  groups.handle({ kind: "leave", group, by: budi });
  expect(store.find(tim)).toBeNull();
  groups.create(tim, "open", budi);
  expect(store.find(tim)?.log).not.toBe(log);
  expect(store.find(tim)?.version).toBeGreaterThan(gone);
});

test("An invitation is given up after a time; that somebody was removed is told whenever their realm returns.", () => {
  const { groups, news, enter, sql } = setUp();
  enter(jakarta(1));
  groups.handle({ kind: "kick", group, by: budi, member: jakarta(1) });
  const isLate = (since: number) => isGivenUp(since, limits.deliveryTtlMs + 1_000);
  expect(sql.exec("select 1 from notices").toArray()).toHaveLength(2);
  expect(
    news
      .queued("jakarta", 10)
      .map(({ envelope, since }) => [envelope.kind === "membership-update" && envelope.change, isLate(since)]),
  ).toEqual([
    ["invited", true],
    ["removed", false],
  ]);
});
