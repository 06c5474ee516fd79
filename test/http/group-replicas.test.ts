import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { queryAllShards } from "../support/all-shards.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { openLive } from "../support/live-socket.ts";
import { shardCount, useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
let budi: string;
let ani: string;
let count = 0;
beforeAll(async () => {
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani"]);
});
beforeEach(() => {
  malang.handlers.clear();
  malang.requests.length = 0;
});
afterAll(() => malang.stop());

const [deliverPath, queryPath] = ["/federation/deliver", "/federation/query"];
const command = (token: string, line: string) => server.command(line, { token });
const texts = async (token: string, line: string) => {
  const { data } = (await command(token, line)).json;
  return Array.isArray(data) ? (data as { text: string }[]).map(({ text }) => text) : data;
};
const time = new Date().toISOString();

/** Sends a signed request from malang to surabaya. */
const sendFromMalang = async (path: string, body: object) =>
  JSON.parse((await sendSigned(server.url, malang.signedRequest(path, JSON.stringify(body), "surabaya"))).text);
const deliver = async (messages: object[]) => (await sendFromMalang(deliverPath, { messages })).results;
const groupMessage = (group: string, id: number, text = `pesan ${id}`) => {
  return { kind: "group-message", group: `${group}@malang`, id, from: "rina@malang", text, time };
};
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

/** Sets malang's answers to queries about its groups. */
function answerQueries(
  answer: (queries: { kind: string; by: string; have: number }) => object | Promise<object>,
): void {
  malang.handlers.set(
    queryPath,
    async ({ body }, response) => void response.end(JSON.stringify(await answer(JSON.parse(body)))),
  );
}
const joined = (newest: number, version?: number) => {
  return { ok: true, reply: { kind: "joined", role: "member", newest, version } };
};
const roleIn = async (token: string, group: string) => {
  const groups = (await command(token, "groups")).json.data as { group: string; role: string }[];
  return groups.find((own) => own.group === `${group}@malang`)?.role ?? null;
};
const noSuchGroup = { ok: false, error: "no-such-group" };
/** The messages of a group of surabaya that malang has received. */
const receivedMessages = (group: string) =>
  malang.requests
    .filter(({ path }) => path === deliverPath)
    .flatMap(({ body }) => JSON.parse(body).messages as { kind: string; group: string; id: number; after: number }[])
    .filter((message) => message.kind === "group-message" && message.group === `${group}@surabaya`);
const sentIds = (group: string) => receivedMessages(group).map(({ id }) => id);
const after = (group: string) => receivedMessages(group).map((message) => message.after);

test("contact with a peer is stored in one object only, whatever the peer sent", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : noSuchGroup));
  await command(budi, "joingroup kontak@malang");
  await deliver([groupMessage("kontak", 1)]);
  const names = ["budi", "ani", "kontak", ...Array.from({ length: 20 }, (_, n) => `nama${n}`)];
  const objects = new Map(names.map((name) => [shardIndexOf(name as never, shardCount), name]));
  const contacts = await Promise.all(
    [...objects.values()].map((name) =>
      server.sql(name, "select destination from destinations where destination not like '%/%'"),
    ),
  );
  expect(contacts.flat()).toEqual([{ destination: "malang" }]);
});

test("a peer that does not accept group messages is reported as unreachable", async () => {
  await command(budi, "creategroup jauh");
  await sendFromMalang(queryPath, { kind: "join", group: "jauh@surabaya", by: "rina@malang", have: 0 });
  malang.handlers.set(deliverPath, (_, response) => void response.writeHead(503).end());
  await command(budi, "sendgroup jauh pesan 1");
  const report = async () => (await command(budi, "realms")).json.data;
  await expect
    .poll(report)
    .toMatchObject([{ realm: "malang", state: "unreachable", queued: 1, problem: "status-503" }]);
  await command(budi, "kick jauh rina@malang");
  expect(await report()).toMatchObject([{ queued: 1 }]);
  malang.handlers.clear();
  await sendFromMalang(queryPath, { kind: "join", group: "jauh@surabaya", by: "rina@malang", have: 0 });
  await expect.poll(report, { timeout: 10_000 }).toMatchObject([{ state: "healthy", queued: 0, problem: null }]);
});

test("a replica that is behind the newest id of a later join is not read in place of the group", async () => {
  let newest = 1;
  const rows = (to: number) =>
    Array.from({ length: to }, (_, n) => ({ id: n + 1, from: "rina@malang", text: `pesan ${n + 1}`, time }));
  answerQueries(({ kind }) => (kind === "join" ? joined(newest) : { ok: true, rows: rows(newest), rest: null }));
  await command(budi, "joingroup susul@malang");
  await deliver([groupMessage("susul", 1)]);
  newest = 3;
  await command(ani, "joingroup susul@malang");
  expect(await texts(ani, "inboxgroup susul@malang")).toHaveLength(3);
});

test("a read marker ahead of the replica is kept while the replica catches up", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(3) : noSuchGroup));
  await command(budi, "joingroup maju@malang");
  await command(budi, "read kind=group maju@malang 3");
  for (const id of [1, 2, 3, 4]) await deliver([groupMessage("maju", id)]);
  const groups = (await command(budi, "groups")).json.data as { group: string }[];
  expect(groups.find(({ group }) => group === "maju@malang")).toMatchObject({ newest: 4, read: 3, unread: 1 });
});

test("a read marker is rejected while the newest id of the group is unknown", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : noSuchGroup));
  await command(budi, "joingroup buta@malang");
  await server.sql(
    "buta",
    "delete from group_replicas where log_id = (select id from message_logs where name = 'buta@malang')",
  );
  const reply = await command(budi, "read kind=group buta@malang 900");
  expect([reply.status, reply.headers["error-code"], reply.headers["retry-after"]]).toEqual([503, "realm-away", "5"]);
  await command(budi, "creategroup bisu");
  await server.sql("bisu", "delete from groups where id = (select id from message_logs where name = 'bisu')");
  expect((await command(budi, "read kind=group bisu 900")).headers["error-code"]).toBe("no-such-group");
});

test("a replica that retention has emptied stays readable while its realm is unreachable and keeps its newest id", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(1) : noSuchGroup));
  await command(budi, "joingroup kosong@malang");
  await deliver([groupMessage("kosong", 1), groupMessage("kosong", 2)]);
  const log = "(select id from message_logs where name = 'kosong@malang')";
  await server.sql("kosong", `update message_logs set pruned_up_to = 2 where id = ${log}`);
  await server.sql("kosong", `delete from messages where log_id = ${log}`);
  await server.evict("kosong");
  malang.handlers.set(queryPath, (_, response) => void response.writeHead(503).end());
  expect(await texts(budi, "inboxgroup kosong@malang")).toEqual([]);
  const groups = (await command(budi, "groups")).json.data as { group: string }[];
  expect(groups.find(({ group }) => group === "kosong@malang")).toMatchObject({ newest: 2, unread: 0 });
});

test("a replica accepts messages out of order and returns them ordered by id", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(3) : { ok: false, error: "no-such-group" }));
  await command(budi, "joingroup acak@malang");
  await deliver([
    groupMessage("acak", 3),
    groupMessage("acak", 1),
    groupMessage("acak", 2),
    groupMessage("acak", 1, "lain"),
  ]);
  expect(await texts(budi, "inboxgroup acak@malang")).toEqual(["pesan 1", "pesan 2", "pesan 3"]);
});

test("a replica with a gap is not read in place of the group and requests the missing messages once", async () => {
  const queries: number[] = [];
  const row = { id: 1, from: "rina@malang", text: "dari malang", time };
  answerQueries(({ kind, have }) => {
    if (kind === "join") queries.push(have);
    return kind === "join" ? joined(0) : { ok: true, rows: [row], rest: null };
  });
  await command(budi, "joingroup bolong@malang");
  const deliverIds = (...ids: number[]) => deliver(ids.map((id) => ({ ...groupMessage("bolong", id), after: id - 1 })));
  await deliverIds(1);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual(["pesan 1"]);
  await deliverIds(3, 4);
  await expect.poll(() => queries).toEqual([0, 1]);
  await deliverIds(5);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual(["dari malang"]);
  await deliverIds(2, 3, 4);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual(["dari malang"]);
  await deliverIds(5);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual([1, 2, 3, 4, 5].map((id) => `pesan ${id}`));
  expect(queries).toEqual([0, 1]);
});

test("messages that the group has deleted leave no gap in its replica", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : noSuchGroup));
  await command(budi, "joingroup usang@malang");
  await deliver([
    { ...groupMessage("usang", 7), after: 0 },
    { ...groupMessage("usang", 9), after: 7 },
  ]);
  expect(await texts(budi, "inboxgroup usang@malang")).toEqual(["pesan 7", "pesan 9"]);
});

test("a replica receives the previous id with each message, and a join resends the messages that it lacks", async () => {
  await command(budi, "creategroup rantai");
  const join = (have: number) =>
    sendFromMalang(queryPath, { kind: "join", group: "rantai@surabaya", by: "rina@malang", have });
  await join(0);
  malang.handlers.set(deliverPath, ({ body }, response) => {
    const results = JSON.parse(body).messages.map(({ id }: { id: number }) =>
      id === 2 ? { state: "failed", reason: "unprocessable" } : { state: "delivered" },
    );
    response.end(JSON.stringify({ results }));
  });
  for (let n = 1; n <= 3; n++) await command(budi, `sendgroup rantai pesan ${n}`);
  await expect.poll(() => sentIds("rantai"), { timeout: 5_000 }).toEqual([1, 2, 3]);
  await server.sql(
    "rantai",
    `delete from messages where id = 2 and log_id = (select id from message_logs where name = 'rantai')`,
  );
  await join(1);
  await expect.poll(() => sentIds("rantai"), { timeout: 5_000 }).toEqual([1, 2, 3, 3]);
  expect(after("rantai")).toEqual([0, 1, 2, 1]);
});

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

test("a peer that refuses deliveries for a while still receives every message", async () => {
  await command(budi, "creategroup enggan");
  await sendFromMalang(queryPath, { kind: "join", group: "enggan@surabaya", by: "rina@malang", have: 0 });
  malang.handlers.set(deliverPath, (_, response) => {
    response.writeHead(403, { "error-code": "peer-refused" }).end("{}");
    malang.handlers.delete(deliverPath);
  });
  for (let n = 1; n <= 3; n++) await command(budi, `sendgroup enggan pesan ${n}`);
  const refused = () => malang.requests.find(({ path }) => path === deliverPath)?.body ?? "";
  const taken = () => sentIds("enggan").slice(JSON.parse(refused()).messages.length);
  await expect.poll(taken, { timeout: 10_000 }).toEqual([1, 2, 3]);
});

test("a peer that leaves and rejoins during a delivery receives the group from the id in its join", async () => {
  await command(budi, "creategroup kembali");
  const ask = (kind: string) =>
    sendFromMalang(queryPath, { kind, group: "kembali@surabaya", by: "rina@malang", have: 0 });
  await ask("join");
  malang.handlers.set(deliverPath, async (_, response) => {
    malang.handlers.delete(deliverPath);
    await ask("leave");
    await ask("join");
    response.end(JSON.stringify({ results: [{ state: "delivered" }] }));
  });
  await command(budi, "sendgroup kembali pesan 1");
  await expect.poll(() => sentIds("kembali"), { timeout: 5_000 }).toEqual([1, 1]);
});

test("a member who joins while their realm answers no-such-group stays a member", async () => {
  await command(budi, "creategroup masuk");
  const ask = (kind: string, by: string) =>
    sendFromMalang(queryPath, { kind, group: "masuk@surabaya", by: `${by}@malang`, have: 0 });
  await ask("join", "rina");
  await ask("join", "tono");
  malang.handlers.set(deliverPath, async (_, response) => {
    malang.handlers.delete(deliverPath);
    for (const who of ["rina", "tono"]) await ask("leave", who);
    await ask("join", "wati");
    response.end(JSON.stringify({ results: [{ state: "failed", reason: "no-such-group" }] }));
  });
  await command(budi, "sendgroup masuk pesan 1");
  await expect.poll(() => sentIds("masuk"), { timeout: 5_000 }).toEqual([1, 1]);
  expect(await command(budi, "members masuk").then(({ text }) => text)).toContain("wati@malang");
});

test("a group with a long backlog does not delay other groups", async () => {
  for (const group of ["sepi", "ramai"]) await command(budi, `creategroup ${group}`);
  await server.sql(
    "ramai",
    `with recursive n (id) as (select 1 union all select id + 1 from n where id < 1000)
     insert into messages (log_id, id, uid, sender, text, sent_at, received_at) select message_logs.id, n.id, null, 'ani@surabaya', 'halo', 0, 0 from n, message_logs
     where kind = 'group' and name = 'ramai'`,
  );
  const join = (group: string) =>
    sendFromMalang(queryPath, { kind: "join", group: `${group}@surabaya`, by: "rina@malang", have: 0 });
  for (const group of ["sepi", "ramai"]) await join(group);
  await expect.poll(() => sentIds("ramai").length).toBeGreaterThan(0);
  await command(budi, "sendgroup sepi halo");
  await expect.poll(() => sentIds("sepi"), { timeout: 10_000 }).toEqual([1]);
  expect(sentIds("ramai").length).toBeLessThan(500);
  await expect.poll(() => sentIds("ramai").length, { timeout: 10_000 }).toBe(1000);
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
  const waiting = ask("read-group", { page: { wait: 2 } });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await command(budi, "kick pamit rina@malang");
  await command(budi, "sendgroup pamit rahasia");
  expect(JSON.stringify(await waiting)).not.toContain("rahasia");
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
