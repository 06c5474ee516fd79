import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { shardOf } from "../../src/shard-api/shard-names.ts";
import { sqlEverywhere } from "../support/all-shards.ts";
import { bring, FakePeer } from "../support/fake-peer.ts";
import { openLive } from "../support/live.ts";
import { shards, useServer } from "../support/realm.ts";

const malang = new FakePeer("malang");
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
let budi: string;
let ani: string;
let count = 0;
beforeAll(async () => {
  [budi = "", ani = ""] = await server.crowd(["budi", "ani"]);
});
beforeEach(() => {
  malang.answers.clear();
  malang.heard.length = 0;
});
afterAll(() => malang.stop());

const [delivering, asking] = ["/federation/deliver", "/federation/query"];
const say = (token: string, line: string) => server.command(line, { token });
const texts = async (token: string, line: string) => {
  const { data } = (await say(token, line)).json;
  return Array.isArray(data) ? (data as { text: string }[]).map(({ text }) => text) : data;
};
const time = new Date().toISOString();

/** What malang says to surabaya. */
const speak = async (path: string, body: object) =>
  JSON.parse((await bring(server.url, malang.signed(path, JSON.stringify(body), "surabaya"))).text);
const deliver = async (messages: object[]) => (await speak(delivering, { messages })).results;
const copy = (group: string, id: number, text = `pesan ${id}`) => {
  return { kind: "group-message", group: `${group}@malang`, id, from: "rina@malang", text, time };
};
const change = (group: string, to: string, what: string, version?: number) => {
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

/** Has malang answer what is asked of its groups. */
function answerQueries(answer: (asked: { kind: string; by: string; have: number }) => object | Promise<object>): void {
  malang.answers.set(
    asking,
    async ({ body }, response) => void response.end(JSON.stringify(await answer(JSON.parse(body)))),
  );
}
const joined = (newest: number, version?: number) => {
  return { ok: true, reply: { kind: "joined", role: "member", newest, version } };
};
const roleIn = async (token: string, group: string) => {
  const groups = (await say(token, "groups")).json.data as { group: string; role: string }[];
  return groups.find((own) => own.group === `${group}@malang`)?.role ?? null;
};
const none = { ok: false, error: "no-such-group" };
/** What malang has of the groups of surabaya, as far as it was told. */
const copies = (group: string) =>
  malang.heard
    .filter(({ path }) => path === delivering)
    .flatMap(({ body }) => JSON.parse(body).messages as { kind: string; group: string; id: number; after: number }[])
    .filter((message) => message.kind === "group-message" && message.group === `${group}@surabaya`);
const told = (group: string) => copies(group).map(({ id }) => id);
const after = (group: string) => copies(group).map((message) => message.after);

test("That a realm has spoken is noted once, whatever it said.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : none));
  await say(budi, "joingroup kontak@malang");
  await deliver([copy("kontak", 1)]);
  const names = ["budi", "ani", "kontak", ...Array.from({ length: 20 }, (_, n) => `nama${n}`)];
  const objects = new Map(names.map((name) => [shardOf(name as never, shards), name]));
  const noted = await Promise.all(
    [...objects.values()].map((name) =>
      server.sql(name, "select destination from links where destination not like '%/%'"),
    ),
  );
  expect(noted.flat()).toEqual([{ destination: "malang" }]);
});

test("A realm that does not hear what a group tells is shown as one that is away.", async () => {
  await say(budi, "creategroup jauh");
  await speak(asking, { kind: "join", group: "jauh@surabaya", by: "rina@malang", have: 0 });
  malang.answers.set(delivering, (_, response) => void response.writeHead(503).end());
  await say(budi, "sendgroup jauh pesan 1");
  const report = async () => (await say(budi, "realms")).json.data;
  await expect
    .poll(report)
    .toMatchObject([{ realm: "malang", state: "unreachable", queued: 1, problem: "status-503" }]);
  await say(budi, "kick jauh rina@malang");
  expect(await report()).toMatchObject([{ queued: 1 }]);
  malang.answers.clear();
  await speak(asking, { kind: "join", group: "jauh@surabaya", by: "rina@malang", have: 0 });
  await expect.poll(report, { timeout: 10_000 }).toMatchObject([{ state: "healthy", queued: 0, problem: null }]);
});

test("A copy that is behind what a later member found is not read in its place.", async () => {
  let newest = 1;
  const rows = (to: number) =>
    Array.from({ length: to }, (_, n) => ({ id: n + 1, from: "rina@malang", text: `pesan ${n + 1}`, time }));
  answerQueries(({ kind }) => (kind === "join" ? joined(newest) : { ok: true, rows: rows(newest), rest: null }));
  await say(budi, "joingroup susul@malang");
  await deliver([copy("susul", 1)]);
  newest = 3;
  await say(ani, "joingroup susul@malang");
  expect(await texts(ani, "inboxgroup susul@malang")).toHaveLength(3);
});

test("Who has read a group further than its copy has come has read it as far.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(3) : none));
  await say(budi, "joingroup maju@malang");
  await say(budi, "read kind=group maju@malang 3");
  for (const id of [1, 2, 3, 4]) await deliver([copy("maju", id)]);
  const groups = (await say(budi, "groups")).json.data as { group: string }[];
  expect(groups.find(({ group }) => group === "maju@malang")).toMatchObject({ newest: 4, read: 3, unread: 1 });
});

test("How far a group has been read is not noted while nobody can tell how far it goes.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : none));
  await say(budi, "joingroup buta@malang");
  await server.sql("buta", "delete from replicas where log = (select id from logs where name = 'buta@malang')");
  const reply = await say(budi, "read kind=group buta@malang 900");
  expect([reply.status, reply.headers["error-code"], reply.headers["retry-after"]]).toEqual([503, "realm-away", "5"]);
  await say(budi, "creategroup bisu");
  await server.sql("bisu", "delete from groups where id = (select id from logs where name = 'bisu')");
  expect((await say(budi, "read kind=group bisu 900")).headers["error-code"]).toBe("no-such-group");
});

test("A copy that retention has emptied is still one: it is read while its realm is away, and says how far it went.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(1) : none));
  await say(budi, "joingroup kosong@malang");
  await deliver([copy("kosong", 1), copy("kosong", 2)]);
  const log = "(select id from logs where name = 'kosong@malang')";
  await server.sql("kosong", `update logs set floor = 2 where id = ${log}`);
  await server.sql("kosong", `delete from messages where log = ${log}`);
  await server.evict("kosong");
  malang.answers.set(asking, (_, response) => void response.writeHead(503).end());
  expect(await texts(budi, "inboxgroup kosong@malang")).toEqual([]);
  const groups = (await say(budi, "groups")).json.data as { group: string }[];
  expect(groups.find(({ group }) => group === "kosong@malang")).toMatchObject({ newest: 2, unread: 0 });
});

test("A copy takes what comes late, and stands in the order of its numbers.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(3) : { ok: false, error: "no-such-group" }));
  await say(budi, "joingroup acak@malang");
  await deliver([copy("acak", 3), copy("acak", 1), copy("acak", 2), copy("acak", 1, "lain")]);
  expect(await texts(budi, "inboxgroup acak@malang")).toEqual(["pesan 1", "pesan 2", "pesan 3"]);
});

test("A copy that a message is missing from is not read in place of the group, and asks for it once.", async () => {
  const asked: number[] = [];
  const row = { id: 1, from: "rina@malang", text: "dari malang", time };
  answerQueries(({ kind, have }) => {
    if (kind === "join") asked.push(have);
    return kind === "join" ? joined(0) : { ok: true, rows: [row], rest: null };
  });
  await say(budi, "joingroup bolong@malang");
  const bring = (...ids: number[]) => deliver(ids.map((id) => ({ ...copy("bolong", id), after: id - 1 })));
  await bring(1);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual(["pesan 1"]);
  await bring(3, 4);
  await expect.poll(() => asked).toEqual([0, 1]);
  await bring(5);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual(["dari malang"]);
  await bring(2, 3, 4);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual(["dari malang"]);
  await bring(5);
  expect(await texts(budi, "inboxgroup bolong@malang")).toEqual([1, 2, 3, 4, 5].map((id) => `pesan ${id}`));
  expect(asked).toEqual([0, 1]);
});

test("What a group no longer has leaves no hole in its copy.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : none));
  await say(budi, "joingroup usang@malang");
  await deliver([
    { ...copy("usang", 7), after: 0 },
    { ...copy("usang", 9), after: 7 },
  ]);
  expect(await texts(budi, "inboxgroup usang@malang")).toEqual(["pesan 7", "pesan 9"]);
});

test("A copy hears what it was told before each message, and is brought what it lost when it asks.", async () => {
  await say(budi, "creategroup rantai");
  const join = (have: number) => speak(asking, { kind: "join", group: "rantai@surabaya", by: "rina@malang", have });
  await join(0);
  malang.answers.set(delivering, ({ body }, response) => {
    const results = JSON.parse(body).messages.map(({ id }: { id: number }) =>
      id === 2 ? { state: "failed", reason: "unprocessable" } : { state: "delivered" },
    );
    response.end(JSON.stringify({ results }));
  });
  for (let n = 1; n <= 3; n++) await say(budi, `sendgroup rantai pesan ${n}`);
  await expect.poll(() => told("rantai"), { timeout: 5_000 }).toEqual([1, 2, 3]);
  await server.sql("rantai", `delete from messages where id = 2 and log = (select id from logs where name = 'rantai')`);
  await join(1);
  await expect.poll(() => told("rantai"), { timeout: 5_000 }).toEqual([1, 2, 3, 3]);
  expect(after("rantai")).toEqual([0, 1, 2, 1]);
});

test("Whoever is removed before they hear that they have joined is not in.", async () => {
  let asked = 0;
  answerQueries(async ({ kind }) => {
    if (kind !== "join" || ++asked > 1) return none;
    await deliver([change("cepat", "budi@surabaya", "removed")]);
    return joined(0);
  });
  expect((await say(budi, "joingroup cepat@malang")).headers["error-code"]).toBe("no-such-group");
  expect(JSON.stringify((await say(budi, "groups")).json.data)).not.toContain("cepat@malang");
  expect(await deliver([copy("cepat", 1)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("A removal that comes after its member has joined again is over, and one that is newer is not.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0, 5) : none));
  await say(budi, "joingroup lambat@malang");
  await deliver([change("lambat", "budi@surabaya", "removed", 4), { ...copy("lambat", 1), after: 0 }]);
  expect(await roleIn(budi, "lambat")).toBe("member");
  expect(await texts(budi, "inboxgroup lambat@malang")).toEqual(["pesan 1"]);
  await deliver([change("lambat", "budi@surabaya", "removed", 6)]);
  await expect.poll(() => roleIn(budi, "lambat")).toBeNull();
  expect(await deliver([copy("lambat", 2)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("What comes before the answer to a join stands where it is newer than that, and not where it is older.", async () => {
  const asked: string[] = [];
  let before: object[] = [];
  answerQueries(async ({ kind }) => {
    asked.push(kind);
    await deliver(before);
    return joined(0, 5);
  });
  before = [change("waris", "budi@surabaya", "owner", 6)];
  await say(budi, "joingroup waris@malang");
  await expect.poll(() => roleIn(budi, "waris")).toBe("owner");
  before = [change("usai", "budi@surabaya", "removed", 4)];
  await say(budi, "joingroup usai@malang");
  await expect.poll(() => roleIn(budi, "usai")).toBe("member");
  expect(asked).toEqual(["join", "join"]);
});

test("Who is removed hears nothing of what comes with the news of it.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : none));
  for (const token of [budi, ani]) await say(token, "joingroup serentak@malang");
  const [removed, stays] = [await openLive(server.url, budi), await openLive(server.url, ani)];
  await deliver([change("serentak", "budi@surabaya", "removed"), copy("serentak", 1)]);
  await expect.poll(() => stays.events("group-message").length).toBe(1);
  await say(budi, "sendprivate budi selesai");
  await expect.poll(() => removed.events("message").length).toBeGreaterThan(1);
  expect(removed.events("group-message")).toEqual([]);
  for (const live of [removed, stays]) live.close();
});

test("A realm that would not listen for a while misses nothing.", async () => {
  await say(budi, "creategroup enggan");
  await speak(asking, { kind: "join", group: "enggan@surabaya", by: "rina@malang", have: 0 });
  malang.answers.set(delivering, (_, response) => {
    response.writeHead(403, { "error-code": "peer-refused" }).end("{}");
    malang.answers.delete(delivering);
  });
  for (let n = 1; n <= 3; n++) await say(budi, `sendgroup enggan pesan ${n}`);
  const refused = () => malang.heard.find(({ path }) => path === delivering)?.body ?? "";
  const taken = () => told("enggan").slice(JSON.parse(refused()).messages.length);
  await expect.poll(taken, { timeout: 10_000 }).toEqual([1, 2, 3]);
});

test("A realm that comes back while a batch is under way gets the group from where it stands.", async () => {
  await say(budi, "creategroup kembali");
  const ask = (kind: string) => speak(asking, { kind, group: "kembali@surabaya", by: "rina@malang", have: 0 });
  await ask("join");
  malang.answers.set(delivering, async (_, response) => {
    malang.answers.delete(delivering);
    await ask("leave");
    await ask("join");
    response.end(JSON.stringify({ results: [{ state: "delivered" }] }));
  });
  await say(budi, "sendgroup kembali pesan 1");
  await expect.poll(() => told("kembali"), { timeout: 5_000 }).toEqual([1, 1]);
});

test("Whoever joins while their realm says that nobody there belongs to the group stays.", async () => {
  await say(budi, "creategroup masuk");
  const ask = (kind: string, by: string) =>
    speak(asking, { kind, group: "masuk@surabaya", by: `${by}@malang`, have: 0 });
  await ask("join", "rina");
  await ask("join", "tono");
  malang.answers.set(delivering, async (_, response) => {
    malang.answers.delete(delivering);
    for (const who of ["rina", "tono"]) await ask("leave", who);
    await ask("join", "wati");
    response.end(JSON.stringify({ results: [{ state: "failed", reason: "no-such-group" }] }));
  });
  await say(budi, "sendgroup masuk pesan 1");
  await expect.poll(() => told("masuk"), { timeout: 5_000 }).toEqual([1, 1]);
  expect(await say(budi, "members masuk").then(({ text }) => text)).toContain("wati@malang");
});

test("A group with much to tell lets others have their say.", async () => {
  for (const group of ["sepi", "ramai"]) await say(budi, `creategroup ${group}`);
  await server.sql(
    "ramai",
    `with recursive n (id) as (select 1 union all select id + 1 from n where id < 1000)
     insert into messages (log, id, uid, sender, text, time, arrived) select logs.id, n.id, null, 'ani@surabaya', 'halo', 0, 0 from n, logs
     where kind = 'group' and name = 'ramai'`,
  );
  const join = (group: string) =>
    speak(asking, { kind: "join", group: `${group}@surabaya`, by: "rina@malang", have: 0 });
  for (const group of ["sepi", "ramai"]) await join(group);
  await expect.poll(() => told("ramai").length).toBeGreaterThan(0);
  await say(budi, "sendgroup sepi halo");
  await expect.poll(() => told("sepi"), { timeout: 10_000 }).toEqual([1]);
  expect(told("ramai").length).toBeLessThan(500);
  await expect.poll(() => told("ramai").length, { timeout: 10_000 }).toBe(1000);
});

test("A peer's user invites nobody to whom there is no way.", async () => {
  await say(budi, "creategroup undangan");
  await speak(asking, { kind: "join", group: "undangan@surabaya", by: "rina@malang", have: 0 });
  const invite = { kind: "invite", group: "undangan@surabaya", by: "rina@malang", member: "siapa@antah.example" };
  expect(await speak(asking, invite)).toEqual({ ok: false, error: "no-such-user" });
});

test("A peer hears at once that whoever was invited does not exist, whatever the group is called.", async () => {
  const invitations = ["satu", "dua", "tiga", "empat"].map((group) => change(group, "siapa@surabaya", "invited"));
  expect(await deliver(invitations)).toEqual(invitations.map(() => ({ state: "failed", reason: "no-such-user" })));
});

test("A peer's user who is removed while they wait for the next message does not get it.", async () => {
  await say(budi, "creategroup mode=private pamit");
  const ask = (kind: string, more: object = {}) =>
    speak(asking, { kind, group: "pamit@surabaya", by: "rina@malang", ...more });
  await say(budi, "invite pamit rina@malang");
  await ask("join", { have: 0 });
  const waiting = ask("read-group", { page: { wait: 2 } });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await say(budi, "kick pamit rina@malang");
  await say(budi, "sendgroup pamit rahasia");
  expect(JSON.stringify(await waiting)).not.toContain("rahasia");
});

test("What a group has taken stays taken, though its sender was removed before the answer came through.", async () => {
  await say(budi, "creategroup mode=private sudah");
  await say(budi, "invite sudah rina@malang");
  await speak(asking, { kind: "join", group: "sudah@surabaya", by: "rina@malang", have: 0 });
  const letter = { uid: "satu", kind: "group", from: "rina@malang", to: "sudah@surabaya", text: "halo", time };
  const taken = [{ state: "delivered", id: 1 }];
  expect(await deliver([letter])).toEqual(taken);
  await say(budi, "kick sudah rina@malang");
  expect(await deliver([letter])).toEqual(taken);
  expect(await deliver([{ ...letter, uid: "dua" }])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test.each([500, 403])("Whoever leaves is out at once, also where the group's realm answers %d.", async (status) => {
  const group = `lepas${status}`;
  answerQueries(({ kind }) => (kind === "join" ? joined(1) : none));
  await say(budi, `joingroup ${group}@malang`);
  await deliver([copy(group, 1)]);
  expect(await texts(budi, `inboxgroup ${group}@malang`)).toEqual(["pesan 1"]);
  malang.answers.set(asking, (_, response) => void response.writeHead(status).end());
  const reply = await say(budi, `leavegroup ${group}@malang`);
  expect(reply.headers["error-code"]).toBe(status === 500 ? "realm-away" : "realm-refuses");
  expect(await roleIn(budi, group)).toBeNull();
  expect(JSON.stringify(await texts(budi, `inboxgroup ${group}@malang`))).not.toContain("pesan");
  expect(await deliver([copy(group, 2)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("An invitation outlives attempts that came to nothing, and ends where the group knows nothing of it.", async () => {
  await deliver([change("kelak", "budi@surabaya", "invited", 1)]);
  for (const status of [500, 403]) {
    malang.answers.set(asking, (_, response) => void response.writeHead(status).end());
    expect((await say(budi, "joingroup kelak@malang")).status).not.toBe(200);
    expect(await roleIn(budi, "kelak")).toBe("invited");
  }
  answerQueries(() => none);
  await say(budi, "joingroup kelak@malang");
  expect(await roleIn(budi, "kelak")).toBeNull();
});

test("Whoever has tried too early is invited all the same.", async () => {
  malang.answers.set(asking, (_, response) => void response.writeHead(500).end());
  await say(budi, "joingroup dini@malang");
  await deliver([change("dini", "budi@surabaya", "invited", 1)]);
  expect(await roleIn(budi, "dini")).toBe("invited");
});

test("Whoever leaves while a join is under way is out, here and there.", async () => {
  const asked: string[] = [];
  answerQueries(async ({ kind }) => {
    asked.push(kind);
    if (kind !== "join") return { ok: true, reply: { kind: "left" } };
    expect((await say(budi, "leavegroup silang@malang")).status).toBe(200);
    return joined(0, 5);
  });
  await say(budi, "joingroup silang@malang");
  expect(asked).toEqual(["join", "leave", "leave"]);
  expect(await roleIn(budi, "silang")).toBeNull();
  expect(await deliver([copy("silang", 1)])).toEqual([{ state: "failed", reason: "no-such-group" }]);
});

test("Where the answer to a join was lost, what the group tells is put off until it is asked again.", async () => {
  await deliver([change("gaung", "budi@surabaya", "invited", 1)]);
  malang.answers.set(asking, (_, response) => void response.destroy());
  expect((await say(budi, "joingroup gaung@malang")).status).toBe(503);
  expect(await deliver([copy("gaung", 1)])).toEqual([{ state: "deferred" }]);
  answerQueries(() => joined(1, 2));
  await say(budi, "joingroup gaung@malang");
  expect(await deliver([copy("gaung", 1)])).toEqual([{ state: "delivered" }]);
  expect(await texts(budi, "inboxgroup gaung@malang")).toEqual(["pesan 1"]);
});

test("Whoever is removed and invited anew is invited, in whatever order the two are heard.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0, 1) : none));
  for (const [group, order] of [
    ["balik", [0, 1]],
    ["putar", [1, 0]],
  ] as const) {
    await say(budi, `joingroup ${group}@malang`);
    const news = [change(group, "budi@surabaya", "removed", 2), change(group, "budi@surabaya", "invited", 3)];
    for (const index of order) await deliver([news[index] ?? {}]);
    expect([group, await roleIn(budi, group)]).toEqual([group, "invited"]);
    await say(budi, `leavegroup ${group}@malang`);
  }
});

test("No realm takes all the places that an account has for invitations, and each can be declined when its realm is gone.", async () => {
  const [siti = ""] = await server.crowd(["siti"]);
  const many = Array.from({ length: limits.invitationsPerRealm + 10 }, (_, n) =>
    change(`kejar${n}`, "siti@surabaya", "invited", 1),
  );
  for (let at = 0; at < many.length; at += limits.deliveryBatchMax)
    await deliver(many.slice(at, at + limits.deliveryBatchMax));
  const listed = async () => ((await say(siti, "groups")).json.data as { group: string }[]).map(({ group }) => group);
  await expect.poll(async () => (await listed()).length).toBe(limits.invitationsPerRealm);
  await say(budi, "creategroup mode=private layak");
  await say(budi, "invite layak siti");
  await expect.poll(listed).toContain("layak@surabaya");
  malang.answers.set(asking, (_, response) => void response.writeHead(500).end());
  for (const group of await listed()) await say(siti, `leavegroup ${group}`);
  expect(await listed()).toEqual([]);
});

test("What a peer says of accounts that are not here leaves nothing behind.", async () => {
  const nobody = Array.from({ length: limits.deliveryBatchMax }, (_, n) =>
    change("hantu", `siapa${n}@surabaya`, "removed", 1),
  );
  expect(await deliver(nobody)).toEqual(nobody.map(() => ({ state: "failed", reason: "no-such-user" })));
  expect(await sqlEverywhere(server, "select * from notices")).toEqual([]);
});

test("Where a realm is no peer any more, what is here of it can still be read, noted, left and removed.", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(1, 1) : none));
  await say(budi, "joingroup kenang@malang");
  await deliver([
    copy("kenang", 1),
    { uid: "surat", kind: "private", from: "rina@malang", to: "budi@surabaya", text: "surat lama", time },
  ]);
  await say(budi, "creategroup warisan");
  await speak(asking, { kind: "join", group: "warisan@surabaya", by: "rina@malang", have: 0 });
  await server.restart({ PEERS: "{}" });
  expect(await texts(budi, "thread rina@malang")).toEqual(["surat lama"]);
  expect((await say(budi, "read kind=private rina@malang 1")).status).toBe(200);
  expect(await texts(budi, "inboxgroup kenang@malang")).toEqual(["pesan 1"]);
  expect((await say(budi, "kick warisan rina@malang")).status).toBe(200);
  expect((await say(budi, "leavegroup kenang@malang")).status).toBe(200);
  for (const line of ["thread siapa@malang", "inboxgroup kenang@malang", "sendprivate rina@malang halo"]) {
    expect([line, (await say(budi, line)).headers["error-code"]]).toEqual([line, "no-such-realm"]);
  }
});
