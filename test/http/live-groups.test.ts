import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { openLive } from "../support/live-socket.ts";
import { newAccount } from "../support/new-account.ts";
import { hibernates, shardCount, useServer } from "../support/test-server.ts";

const server = useServer();
let count = 0;
const nextAccount = (realm?: string) => newAccount(server, `warga${++count}`, realm);

/** Each test runs without and with a hibernation of the objects in the middle. */
const hibernateAll = async (...names: string[]) => {
  const byObject = new Map(names.map((name) => [shardIndexOf(name as never, shardCount), name]));
  for (const name of byObject.values()) await server.evict(name);
};
const hibernationCases = [
  ["", async (..._names: string[]) => {}],
  ...(hibernates ? ([[", after the objects hibernated", hibernateAll]] as const) : []),
] as const;

describe.each(hibernationCases)("the members of a group%s", (_title, hibernate) => {
  test("receive each message once and in order, whatever their object, and other users do not", async () => {
    const owner = await nextAccount();
    const members = await Promise.all(Array.from({ length: 5 }, () => nextAccount()));
    const accounts = [owner, ...members];
    const outsider = await nextAccount();
    const group = `kabar${count}`;
    await owner.command(`creategroup ${group}`);
    for (const member of members) await member.command(`joingroup ${group}`);
    const sockets = await Promise.all(accounts.map(({ token }) => openLive(server.url, token)));
    const outside = await openLive(server.url, outsider.token);
    await hibernate(...accounts.map(({ name }) => name));
    for (let n = 1; n <= 30; n++) await owner.command(`sendgroup ${group} pesan ${n}`);
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

  test("receive messages from their join until their leave", async () => {
    const [owner, member] = [await nextAccount(), await nextAccount()];
    const group = `pintu${count}`;
    await owner.command(`creategroup ${group}`);
    const live = await openLive(server.url, member.token);
    await owner.command(`sendgroup ${group} sebelum`);
    await member.command(`joingroup ${group}`);
    await hibernate(member.name);
    await owner.command(`sendgroup ${group} selama`);
    await expect.poll(() => live.events("group-message").length, { timeout: 5_000 }).toBe(1);
    await member.command(`leavegroup ${group}`);
    await owner.command(`sendgroup ${group} sesudah`);
    await member.command(`sendprivate ${member.name} selesai`);
    await expect.poll(() => live.events("message").length).toBe(1);
    expect(live.events("group-message")).toMatchObject([{ data: { id: 2, text: "selama" } }]);
    live.close();
  });
});

test("a busy group is replicated to another object up to its last message", async () => {
  const [owner, far] = [await nextAccount(), await nextAccount("jakarta")];
  const group = `sibuk${count}`;
  await owner.command(`creategroup ${group}`);
  await far.command(`joingroup ${group}@surabaya`);
  const many = 300;
  await Promise.all(Array.from({ length: many }, (_, n) => owner.command(`sendgroup ${group} ${n}`)));
  const read = await far.command(`inboxgroup after=${many - 1} wait=5 ${group}@surabaya`);
  expect(read.json.data).toHaveLength(1);
  const replicationCursors = () =>
    server.sql<{ lastSentId: number }>(
      group,
      `select last_sent_id lastSentId from replication_cursors join message_logs on message_logs.id = log_id where name = '${group}' and destination like 'jakarta/%'`,
    );
  await expect.poll(replicationCursors, { timeout: 10_000 }).toEqual([{ lastSentId: many }]);
});

test("messages to a group with more members than one broadcast turn reach every socket in order", async () => {
  const group = "besar";
  const owner = await nextAccount();
  await owner.command(`creategroup ${group}`);
  const names = Array.from({ length: limits.broadcastSocketsPerTurn + 20 }, (_, n) => `besar${n}`);
  const tokens = await server.seedAccounts(names);
  for (let n = 0; n < tokens.length; n += 8) {
    await Promise.all(tokens.slice(n, n + 8).map((token) => server.command(`joingroup ${group}`, { token })));
  }
  const sockets = await Promise.all(tokens.map((token) => openLive(server.url, token)));
  for (const text of ["satu", "dua"]) expect((await owner.command(`sendgroup ${group} ${text}`)).status).toBe(200);
  await expect
    .poll(() => sockets.filter((live) => live.events("group-message").length === 2).length, { timeout: 20_000 })
    .toBe(sockets.length);
  for (const live of sockets) {
    expect(live.events("group-message").map(({ data }) => (data as { text: string }).text)).toEqual(["satu", "dua"]);
    live.close();
  }
}, 120_000);
