import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { measureCost } from "../cost/measure-cost.ts";
import { newAccount } from "../support/new-account.ts";
import { seedConversations } from "../support/seed-conversations.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer({}, "test/worker/cost-worker.ts");
const times = 5;
let reader: Awaited<ReturnType<typeof newAccount>>;
beforeAll(async () => {
  reader = await newAccount(server, "pembaca");
});

/** The rows of one command in all objects together, when caches are filled. */
async function rowsOf(line: string): Promise<{ read: number; written: number }> {
  await reader.command(line);
  const { rowsRead, rowsWritten } = await measureCost([server.url], times, async () => {
    for (let n = 0; n < times; n++) expect((await reader.command(line)).status).toBe(200);
  });
  return { read: rowsRead, written: rowsWritten };
}

test("the list of 100,000 conversations reads a few rows for each conversation that it shows", async () => {
  await seedConversations(server, reader.name, 100_000);
  const { read, written } = await rowsOf("threads");
  console.log(`threads: ${read} rows read, ${written} written`);
  expect(written).toBe(0);
  expect(read).toBeLessThanOrEqual(8 * limits.conversationsPage);
  const older = await rowsOf("threads before=50000 limit=10");
  expect(older.read).toBeLessThanOrEqual(8 * 10 + 10);
});

test.each(["open", "private"])(
  "a list of 500 %s groups with 1,000 unread messages each reads two rows a group",
  async (mode) => {
    const groups = 500;
    const account = `(select id from message_logs where kind = 'mailbox' and name = '${reader.name}')`;
    const numbers = (most: number) =>
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${most})`;
    const logs = `message_logs where kind = 'group' and name glob '${mode}-*'`;
    const steps = [
      `${numbers(groups)} insert into message_logs (kind, name) select 'group', '${mode}-' || i from n`,
      `insert into groups select id, '${reader.address}', 0, '${mode}', 1, 1 from ${logs}`,
      `insert into group_members select id, '${reader.address}', 'member', 0, null, 1 from ${logs}`,
      `delete from memberships where account_id = ${account}`,
      `insert into memberships select ${account}, name || '@surabaya', 'owner', 1 from ${logs}`,
      `${numbers(1000)} insert into messages (log_id, id, sender, text, sent_at, received_at)
      select id, i, 'ani@surabaya', 'halo', 0, 0 from n, (select id from ${logs})`,
    ];
    for (const step of steps) await server.sql(reader.name, step);
    await server.evict(reader.name);
    const listed = (await reader.command("groups")).json.data as { unread: number }[];
    expect(listed.map(({ unread }) => unread)).toEqual(Array.from({ length: groups }, () => 1000));
    const { read, written } = await rowsOf("groups");
    console.log(`groups (${mode}): ${read} rows read, ${written} written`);
    expect(written).toBe(0);
    expect(read).toBeLessThanOrEqual(2 * groups + 10);
  },
);

test("sends write the rows of the conversation list only once in many messages", async () => {
  const [sender, recipient] = [await newAccount(server, "penulis"), await newAccount(server, "penerima")];
  const send = (n: number) => sender.command(`sendprivate ${recipient.name} pesan ${n}`);
  await send(0);
  const count = 3 * limits.conversationListLagMax;
  const { rowsRead, rowsWritten } = await measureCost([server.url], count, async () => {
    for (let n = 1; n <= count; n++) await send(n);
  });
  console.log(`send, with its share of the list: ${rowsRead} rows read, ${rowsWritten} written`);
  expect(rowsWritten).toBeLessThan(3.1);
  // Each of the two lists reads a message once.
  expect(rowsRead).toBeLessThan(10 + 2);
});
