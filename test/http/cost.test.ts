import { afterAll, beforeAll, expect, test } from "vitest";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { measureCost } from "../cost/measure-cost.ts";
import { openLive } from "../support/live-socket.ts";
import { jakartaHost, shardCount, useServer } from "../support/test-server.ts";

const server = useServer({}, "test/worker/cost-worker.ts");
const sender = "budi";
const near = nameIn(shardIndexOf(sender as never, shardCount));
const far = nameIn((shardIndexOf(sender as never, shardCount) + 1) % shardCount);
const figures: Record<string, Record<string, number>> = {};
let token: string;
let key = 0;

beforeAll(async () => {
  token = await server.signUp(sender);
  for (const name of new Set([near, far])) {
    await server.seedAccounts([name]);
    await server.command(`creategroup ${name}`, { token });
  }
  await server.sql(
    sender,
    `with recursive n (id) as (select 1 union all select id + 1 from n where id < 500)
     insert into messages (log_id, id, uid, sender, text, sent_at, received_at) select message_logs.id, n.id, null, 'ani@jakarta', 'halo', 0, 0 from n, message_logs
     where kind = 'mailbox' and name = '${sender}'`,
  );
  await server.seedAccounts(["ani"], "jakarta");
  await server.command("creategroup tim", {
    token: await server.signUp("dewi", jakartaHost),
    host: jakartaHost,
  });
});
afterAll(() => console.table(figures));

/**
 * Maximum cost of one command in all objects together. A remote group updates every object that has members of it,
 * including the sender's: one call and one row for all messages within 50 ms.
 */
const budget = [
  ["a private message within the shard", () => `sendprivate ${near} halo`, { calls: 1, written: 3, read: 10 }],
  ["a private message with a key", () => `sendprivate key=${++key} ${near} halo`, { calls: 1, written: 4, read: 10 }],
  ["a group message within the shard", () => `sendgroup ${near} halo`, { calls: 1, written: 2, read: 10 }],
  ["a group message with a key", () => `sendgroup key=${++key} ${near} halo`, { calls: 1, written: 3, read: 10 }],
  ...(shardCount > 1
    ? ([
        ["a private message to another shard", () => `sendprivate ${far} halo`, { calls: 2, written: 7, read: 28 }],
        ["a group message to another shard", () => `sendgroup ${far} halo`, { calls: 4, written: 10, read: 50 }],
      ] as const)
    : []),
  ["a private message to another realm", () => "sendprivate ani@jakarta halo", { calls: 2, written: 7, read: 28 }],
  ["a group message to another realm", () => "sendgroup tim@jakarta halo", { calls: 4, written: 10, read: 50 }],
  ["a read of the last 50 messages of an inbox", () => "inbox last=50", { calls: 1, written: 0, read: 60 }],
  ["a long poll of a second without a message", () => "inbox after=1000 wait=1", { calls: 1, written: 0, read: 30 }],
  ["a login", () => `auth ${sender} rahasia-${sender}`, { calls: 2, written: 4, read: 50 }],
] as const;

test.each(budget)("%s stays within its cost budget", async (what, line, most) => {
  // An alarm that one of ten runs sets counts as a tenth. A long poll runs once: other alarms may fire during its wait.
  const times = line().includes("wait=") ? 1 : 10;
  // The first run starts the objects and fills their caches.
  await server.command(line(), { token });
  const one = await measureCost([server.url], times, async () => {
    for (let n = 0; n < times; n++) expect((await server.command(line(), { token })).status).toBe(200);
  });
  figures[what] = {
    "Worker requests": one.requests,
    "object calls": one.calls,
    "rows written": one.rowsWritten,
    "rows read": one.rowsRead,
  };
  expect(one.requests).toBe(1);
  expect(one.calls).toBeLessThanOrEqual(most.calls);
  expect(one.rowsWritten).toBeLessThanOrEqual(most.written);
  expect(one.rowsRead).toBeLessThanOrEqual(most.read);
});

test("pings of a live socket wake no object", async () => {
  const live = await openLive(server.url, token);
  await live.command("whoami");
  const cost = await measureCost([server.url], 1, async () => {
    for (let n = 0; n < 20; n++) live.send("ping");
    await expect.poll(() => live.events("pong").length).toBe(20);
  });
  expect([cost.calls, cost.frames]).toEqual([0, 0]);
  live.close();
});

/** A user name that belongs to this shard. */
function nameIn(shard: number): string {
  let n = 0;
  while (shardIndexOf(`nama${n}` as never, shardCount) !== shard) n++;
  return `nama${n}`;
}
