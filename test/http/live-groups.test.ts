import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { shardOf } from "../../src/shard-api/shard-names.ts";
import { openLive } from "../support/live.ts";
import { newcomer } from "../support/new-account.ts";
import { shards, useServer } from "../support/realm.ts";

const server = useServer();
let count = 0;
const somebody = (realm?: string) => newcomer(server, `warga${++count}`, realm);

/** Each behaviour holds as well when the objects sleep in the middle. */
const naps = [
  ["", async (..._names: string[]) => {}],
  [
    ", also when the objects slept in between",
    async (...names: string[]) => {
      const byObject = new Map(names.map((name) => [shardOf(name as never, shards), name]));
      for (const name of byObject.values()) await server.evict(name);
    },
  ],
] as const;

describe.each(naps)("The members of a group%s", (_nap, nap) => {
  test("hear each message once and in order, whatever object they are in; others do not.", async () => {
    const owner = await somebody();
    const members = await Promise.all(Array.from({ length: 5 }, () => somebody()));
    const people = [owner, ...members];
    const stranger = await somebody();
    const group = `kabar${count}`;
    await owner.say(`creategroup ${group}`);
    for (const member of members) await member.say(`joingroup ${group}`);
    const sockets = await Promise.all(people.map(({ token }) => openLive(server.url, token)));
    const outside = await openLive(server.url, stranger.token);
    await nap(...people.map(({ name }) => name));
    for (let n = 1; n <= 30; n++) await owner.say(`sendgroup ${group} pesan ${n}`);
    for (const live of sockets) {
      await expect
        .poll(() => live.events("group-message").map(({ data }) => data), { timeout: 10_000 })
        .toMatchObject(
          Array.from({ length: 30 }, (__, n) => ({ group: `${group}@surabaya`, id: n + 1, text: `pesan ${n + 1}` })),
        );
    }
    expect(outside.events("group-message")).toEqual([]);
    for (const live of [...sockets, outside]) live.close();
  });

  test("hear no more once they have left, and hear it from the moment they join.", async () => {
    const [owner, member] = [await somebody(), await somebody()];
    const group = `pintu${count}`;
    await owner.say(`creategroup ${group}`);
    const live = await openLive(server.url, member.token);
    await owner.say(`sendgroup ${group} sebelum`);
    await member.say(`joingroup ${group}`);
    await nap(member.name);
    await owner.say(`sendgroup ${group} selama`);
    await expect.poll(() => live.events("group-message").length, { timeout: 5_000 }).toBe(1);
    await member.say(`leavegroup ${group}`);
    await owner.say(`sendgroup ${group} sesudah`);
    await member.say(`sendprivate ${member.name} selesai`);
    await expect.poll(() => live.events("message").length).toBe(1);
    expect(live.events("group-message")).toMatchObject([{ data: { id: 2, text: "selama" } }]);
    live.close();
  });
});

test("A busy group is told to another object to its last message.", async () => {
  const [owner, far] = [await somebody(), await somebody("jakarta")];
  const group = `sibuk${count}`;
  await owner.say(`creategroup ${group}`);
  await far.say(`joingroup ${group}@surabaya`);
  const many = 300;
  await Promise.all(Array.from({ length: many }, (_, n) => owner.say(`sendgroup ${group} ${n}`)));
  const read = await far.say(`inboxgroup after=${many - 1} wait=5 ${group}@surabaya`);
  expect(read.json.data).toHaveLength(1);
  const feeds = () =>
    server.sql<{ told: number }>(
      group,
      `select told from feeds join logs on logs.id = feeds.log where name = '${group}' and destination like 'jakarta/%'`,
    );
  await expect.poll(feeds, { timeout: 10_000 }).toEqual([{ told: many }]);
});

test("A message to a large group is answered before all have heard it, and all do hear it.", async () => {
  const group = "besar";
  const owner = await somebody();
  await owner.say(`creategroup ${group}`);
  const names = Array.from({ length: limits.broadcastSocketsPerTurn + 20 }, (_, n) => `besar${n}`);
  const tokens = await server.crowd(names);
  for (let n = 0; n < tokens.length; n += 8) {
    await Promise.all(tokens.slice(n, n + 8).map((token) => server.command(`joingroup ${group}`, { token })));
  }
  const sockets = await Promise.all(tokens.map((token) => openLive(server.url, token)));
  for (const text of ["satu", "dua"]) expect((await owner.say(`sendgroup ${group} ${text}`)).status).toBe(200);
  await expect
    .poll(() => sockets.filter((live) => live.events("group-message").length === 2).length, { timeout: 20_000 })
    .toBe(sockets.length);
  for (const live of sockets) {
    expect(live.events("group-message").map(({ data }) => (data as { text: string }).text)).toEqual(["satu", "dua"]);
    live.close();
  }
}, 120_000);
