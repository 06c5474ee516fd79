import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { queryAllShards } from "../support/all-shards.ts";
import { openLive } from "../support/live-socket.ts";
import { openLongPoll } from "../support/long-poll.ts";
import { groupMessage, joined, noSuchGroup, queryPath, time, useMalang } from "./malang-fixture.ts";

const { malang, server, command, texts, sendFromMalang, deliver, answerQueries } = await useMalang();
let budi: string;
let ani: string;
beforeAll(async () => {
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani"]);
});

let count = 0;
/** An update of a membership in a group of malang. */
const membershipUpdate = (group: string, to: string, what: string, version?: number) => {
  return {
    kind: "membership-update",
    uid: `${what}-${++count}`,
    group: `${group}@malang`,
    to,
    change: what,
    by: "rina@malang",
    time,
    version,
  };
};
const roleIn = async (token: string, group: string) => {
  const groups = (await command(token, "groups")).json.data as { group: string; role: string }[];
  return groups.find((own) => own.group === `${group}@malang`)?.role ?? null;
};

test("a member who is removed before the join is answered is not a member", async () => {
  let queries = 0;
  answerQueries(async ({ kind }) => {
    if (kind !== "join" || ++queries > 1) return noSuchGroup;
    await deliver([membershipUpdate("cepat", "budi@surabaya", "removed")]);
    return joined(0);
  });
  expect((await command(budi, "joingroup cepat@malang")).headers["error-code"]).toBe("no-such-group");
  expect(JSON.stringify((await command(budi, "groups")).json.data)).not.toContain("cepat@malang");
  expect(await deliver([groupMessage("cepat", 1)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("a removal that is older than a rejoin is ignored, and a newer one applies", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0, 5) : noSuchGroup));
  await command(budi, "joingroup lambat@malang");
  await deliver([
    membershipUpdate("lambat", "budi@surabaya", "removed", 4),
    { ...groupMessage("lambat", 1), after: 0 },
  ]);
  expect(await roleIn(budi, "lambat")).toBe("member");
  expect(await texts(budi, "inboxgroup lambat@malang")).toEqual(["pesan 1"]);
  await deliver([membershipUpdate("lambat", "budi@surabaya", "removed", 6)]);
  await expect.poll(() => roleIn(budi, "lambat")).toBeNull();
  expect(await deliver([groupMessage("lambat", 2)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("an update that arrives before the answer to a join applies only if it is newer than the answer", async () => {
  const queries: string[] = [];
  let before: object[] = [];
  answerQueries(async ({ kind }) => {
    queries.push(kind);
    await deliver(before);
    return joined(0, 5);
  });
  before = [membershipUpdate("waris", "budi@surabaya", "owner", 6)];
  await command(budi, "joingroup waris@malang");
  await expect.poll(() => roleIn(budi, "waris")).toBe("owner");
  before = [membershipUpdate("usai", "budi@surabaya", "removed", 4)];
  await command(budi, "joingroup usai@malang");
  await expect.poll(() => roleIn(budi, "usai")).toBe("member");
  expect(queries).toEqual(["join", "join"]);
});

test("a removed member receives no message of the batch that contains the removal", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : noSuchGroup));
  for (const token of [budi, ani]) await command(token, "joingroup serentak@malang");
  const [removed, stays] = [await openLive(server.url, budi), await openLive(server.url, ani)];
  await deliver([membershipUpdate("serentak", "budi@surabaya", "removed"), groupMessage("serentak", 1)]);
  await expect.poll(() => stays.events("group-message").length).toBe(1);
  await command(budi, "sendprivate budi selesai");
  await expect.poll(() => removed.events("message").length).toBeGreaterThan(1);
  expect(removed.events("group-message")).toEqual([]);
  for (const live of [removed, stays]) live.close();
});

test("a peer's user cannot invite a user of an unknown realm", async () => {
  await command(budi, "creategroup undangan");
  await sendFromMalang(queryPath, { kind: "join", group: "undangan@surabaya", by: "rina@malang", have: 0 });
  const invite = { kind: "invite", group: "undangan@surabaya", by: "rina@malang", member: "siapa@antah.example" };
  expect(await sendFromMalang(queryPath, invite)).toEqual({ ok: false, error: "no-such-user" });
});

test("an invitation of an unknown user fails at once, whatever the name of the group", async () => {
  const invitations = ["satu", "dua", "tiga", "empat"].map((group) =>
    membershipUpdate(group, "siapa@surabaya", "invited"),
  );
  expect(await deliver(invitations)).toEqual(invitations.map(() => ({ state: "failed", reason: "no-such-user" })));
});

test("a peer's user who is removed during a long poll does not receive the next message", async () => {
  await command(budi, "creategroup mode=private pamit");
  const ask = (kind: string, more: object = {}) =>
    sendFromMalang(queryPath, { kind, group: "pamit@surabaya", by: "rina@malang", ...more });
  await command(budi, "invite pamit rina@malang");
  await ask("join", { have: 0 });
  const { answer } = await openLongPoll((wait) => ask("read-group", { page: { wait } }), 2);
  await command(budi, "kick pamit rina@malang");
  await command(budi, "sendgroup pamit rahasia");
  expect(JSON.stringify(await answer)).not.toContain("rahasia");
});

test("a retry of an accepted group message is answered as delivered even after its sender was removed", async () => {
  await command(budi, "creategroup mode=private sudah");
  await command(budi, "invite sudah rina@malang");
  await sendFromMalang(queryPath, { kind: "join", group: "sudah@surabaya", by: "rina@malang", have: 0 });
  const replayed = { uid: "satu", kind: "group", from: "rina@malang", to: "sudah@surabaya", text: "halo", time };
  const taken = [{ state: "delivered", id: 1 }];
  expect(await deliver([replayed])).toEqual(taken);
  await command(budi, "kick sudah rina@malang");
  expect(await deliver([replayed])).toEqual(taken);
  expect(await deliver([{ ...replayed, uid: "dua" }])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test.each([500, 403])("a member who leaves is out at once, even if the group's realm answers %d", async (status) => {
  const group = `lepas${status}`;
  answerQueries(({ kind }) => (kind === "join" ? joined(1) : noSuchGroup));
  await command(budi, `joingroup ${group}@malang`);
  await deliver([groupMessage(group, 1)]);
  expect(await texts(budi, `inboxgroup ${group}@malang`)).toEqual(["pesan 1"]);
  malang.handlers.set(queryPath, (_, response) => void response.writeHead(status).end());
  const reply = await command(budi, `leavegroup ${group}@malang`);
  expect(reply.headers["error-code"]).toBe(status === 500 ? "realm-away" : "realm-refuses");
  expect(await roleIn(budi, group)).toBeNull();
  expect(JSON.stringify(await texts(budi, `inboxgroup ${group}@malang`))).not.toContain("pesan");
  expect(await deliver([groupMessage(group, 2)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("an invitation survives failed joins, and ends when the group answers that it does not exist", async () => {
  await deliver([membershipUpdate("kelak", "budi@surabaya", "invited", 1)]);
  for (const status of [500, 403]) {
    malang.handlers.set(queryPath, (_, response) => void response.writeHead(status).end());
    expect((await command(budi, "joingroup kelak@malang")).status).not.toBe(200);
    expect(await roleIn(budi, "kelak")).toBe("invited");
  }
  answerQueries(() => noSuchGroup);
  await command(budi, "joingroup kelak@malang");
  expect(await roleIn(budi, "kelak")).toBeNull();
});

test("a failed join does not prevent a later invitation", async () => {
  malang.handlers.set(queryPath, (_, response) => void response.writeHead(500).end());
  await command(budi, "joingroup dini@malang");
  await deliver([membershipUpdate("dini", "budi@surabaya", "invited", 1)]);
  expect(await roleIn(budi, "dini")).toBe("invited");
});

test("a leave during a join removes the member in both realms", async () => {
  const queries: string[] = [];
  answerQueries(async ({ kind }) => {
    queries.push(kind);
    if (kind !== "join") return { ok: true, reply: { kind: "left" } };
    expect((await command(budi, "leavegroup silang@malang")).status).toBe(200);
    return joined(0, 5);
  });
  await command(budi, "joingroup silang@malang");
  expect(queries).toEqual(["join", "leave", "leave"]);
  expect(await roleIn(budi, "silang")).toBeNull();
  expect(await deliver([groupMessage("silang", 1)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("after a lost answer to a join, group messages are deferred until the join is repeated", async () => {
  await deliver([membershipUpdate("gaung", "budi@surabaya", "invited", 1)]);
  malang.handlers.set(queryPath, (_, response) => void response.destroy());
  expect((await command(budi, "joingroup gaung@malang")).status).toBe(503);
  expect(await deliver([groupMessage("gaung", 1)])).toEqual([{ state: "deferred" }]);
  answerQueries(() => joined(1, 2));
  await command(budi, "joingroup gaung@malang");
  expect(await deliver([groupMessage("gaung", 1)])).toEqual([{ state: "delivered" }]);
  expect(await texts(budi, "inboxgroup gaung@malang")).toEqual(["pesan 1"]);
});

test("a member who is removed and invited again is invited, in whatever order the updates arrive", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0, 1) : noSuchGroup));
  for (const [group, order] of [
    ["balik", [0, 1]],
    ["putar", [1, 0]],
  ] as const) {
    await command(budi, `joingroup ${group}@malang`);
    const updates = [
      membershipUpdate(group, "budi@surabaya", "removed", 2),
      membershipUpdate(group, "budi@surabaya", "invited", 3),
    ];
    for (const index of order) await deliver([updates[index] ?? {}]);
    expect([group, await roleIn(budi, group)]).toEqual([group, "invited"]);
    await command(budi, `leavegroup ${group}@malang`);
  }
});

test("one realm cannot use up an account's invitations, and each can be declined while its realm is unreachable", async () => {
  const [siti = ""] = await server.seedAccounts(["siti"]);
  const many = Array.from({ length: limits.invitationsPerRealm + 10 }, (_, n) =>
    membershipUpdate(`kejar${n}`, "siti@surabaya", "invited", 1),
  );
  for (let at = 0; at < many.length; at += limits.deliveryBatchMax)
    await deliver(many.slice(at, at + limits.deliveryBatchMax));
  const listed = async () =>
    ((await command(siti, "groups")).json.data as { group: string }[]).map(({ group }) => group);
  await expect.poll(async () => (await listed()).length).toBe(limits.invitationsPerRealm);
  await command(budi, "creategroup mode=private layak");
  await command(budi, "invite layak siti");
  await expect.poll(listed).toContain("layak@surabaya");
  malang.handlers.set(queryPath, (_, response) => void response.writeHead(500).end());
  for (const group of await listed()) await command(siti, `leavegroup ${group}`);
  expect(await listed()).toEqual([]);
});

test("membership updates for unknown accounts store nothing", async () => {
  const unknownRecipients = Array.from({ length: limits.deliveryBatchMax }, (_, n) =>
    membershipUpdate("hantu", `siapa${n}@surabaya`, "removed", 1),
  );
  expect(await deliver(unknownRecipients)).toEqual(
    unknownRecipients.map(() => ({ state: "failed", reason: "no-such-user" })),
  );
  expect(await queryAllShards(server, "select * from pending_membership_updates")).toEqual([]);
});

test("data of a former peer can still be read, marked as read, left and removed", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(1, 1) : noSuchGroup));
  await command(budi, "joingroup kenang@malang");
  await deliver([
    groupMessage("kenang", 1),
    { uid: "surat", kind: "private", from: "rina@malang", to: "budi@surabaya", text: "surat lama", time },
  ]);
  await command(budi, "creategroup warisan");
  await sendFromMalang(queryPath, { kind: "join", group: "warisan@surabaya", by: "rina@malang", have: 0 });
  await server.restart({ PEERS: "{}" });
  expect(await texts(budi, "thread rina@malang")).toEqual(["surat lama"]);
  expect((await command(budi, "read kind=private rina@malang 1")).status).toBe(200);
  expect(await texts(budi, "inboxgroup kenang@malang")).toEqual(["pesan 1"]);
  expect((await command(budi, "kick warisan rina@malang")).status).toBe(200);
  expect((await command(budi, "leavegroup kenang@malang")).status).toBe(200);
  for (const line of ["thread siapa@malang", "inboxgroup kenang@malang", "sendprivate rina@malang halo"]) {
    expect([line, (await command(budi, line)).headers["error-code"]]).toEqual([line, "no-such-realm"]);
  }
});
