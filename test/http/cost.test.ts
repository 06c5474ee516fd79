import { afterAll, beforeAll, expect, test } from "vitest";
import { shardOf } from "../../src/shard-api/shard-names.ts";
import { countOf } from "../cost/count.ts";
import { jakarta, shards, useServer } from "../support/realm.ts";

const server = useServer({}, "test/worker/cost-worker.ts");
const sender = "budi";
const near = nameIn(shardOf(sender as never, shards));
const far = nameIn((shardOf(sender as never, shards) + 1) % shards);
const figures: Record<string, Record<string, number>> = {};
let token: string;
let key = 0;

beforeAll(async () => {
  token = await server.person(sender);
  for (const name of new Set([near, far])) {
    await server.crowd([name]);
    await server.command(`creategroup ${name}`, { token });
  }
  await server.sql(
    sender,
    `with recursive n (id) as (select 1 union all select id + 1 from n where id < 500)
     insert into messages (log, id, uid, sender, text, time, arrived) select logs.id, n.id, null, 'ani@jakarta', 'halo', 0, 0 from n, logs
     where kind = 'mailbox' and name = '${sender}'`,
  );
  await server.crowd(["ani"], "jakarta");
  await server.command("creategroup tim", {
    token: await server.person("dewi", jakarta),
    host: jakarta,
  });
});
afterAll(() => console.table(figures));

/**
 * What one command may cost at most, in all objects together. A group elsewhere tells every object where members of it are,
 * the sender's among them: a call and a row for as many messages as come within 50 ms.
 */
const budget = [
  ["a private message in the shard", () => `sendprivate ${near} halo`, { calls: 1, written: 3, read: 10 }],
  ["a private message with a key", () => `sendprivate key=${++key} ${near} halo`, { calls: 1, written: 4, read: 10 }],
  ["a group message in the shard", () => `sendgroup ${near} halo`, { calls: 1, written: 2, read: 10 }],
  ["a group message with a key", () => `sendgroup key=${++key} ${near} halo`, { calls: 1, written: 3, read: 10 }],
  ...(shards > 1
    ? ([
        ["a private message to another shard", () => `sendprivate ${far} halo`, { calls: 2, written: 7, read: 28 }],
        ["a group message to another shard", () => `sendgroup ${far} halo`, { calls: 4, written: 10, read: 50 }],
      ] as const)
    : []),
  ["a private message to another realm", () => "sendprivate ani@jakarta halo", { calls: 2, written: 7, read: 28 }],
  ["a group message to another realm", () => "sendgroup tim@jakarta halo", { calls: 4, written: 10, read: 50 }],
  ["the last 50 of an inbox", () => "inbox last=50", { calls: 1, written: 0, read: 60 }],
  ["a wait of a second in vain", () => "inbox after=1000 wait=1", { calls: 1, written: 0, read: 30 }],
  ["a login", () => `auth ${sender} rahasia-${sender}`, { calls: 2, written: 4, read: 50 }],
] as const;

test.each(budget)("What %s costs stays within its budget.", async (what, line, most) => {
  // An alarm that one of ten sets counts as a tenth. A wait is alone in its second, in which another object's may ring.
  const times = line().includes("wait=") ? 1 : 10;
  // The first one wakes objects and fills caches.
  await server.command(line(), { token });
  const one = await countOf([server.url], times, async () => {
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

/** A name that lives in a shard. */
function nameIn(shard: number): string {
  let n = 0;
  while (shardOf(`nama${n}` as never, shards) !== shard) n++;
  return `nama${n}`;
}
