import { beforeAll, expect, test } from "vitest";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { shardCount } from "../support/test-server.ts";
import { deliverPath, groupMessage, joined, noSuchGroup, queryPath, time, useMalang } from "./malang-fixture.ts";

const { malang, server, command, texts, sendFromMalang, deliver, answerQueries } = await useMalang();
let budi: string;
let ani: string;
beforeAll(async () => {
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani"]);
});

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
  const contacts = () =>
    Promise.all(
      [...objects.values()].map((name) =>
        server.sql(name, "select destination from destinations where destination not like '%/%'"),
      ),
    );
  // The answer to a delivery does not wait for the note of the contact.
  await expect.poll(async () => (await contacts()).flat()).toEqual([{ destination: "malang" }]);
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
