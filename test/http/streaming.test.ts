import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterAll, expect, test } from "vitest";
import { plannedQueries } from "../../src/messaging/message-log-store.ts";
import { megabytes, residentBytes } from "../support/resident-memory.ts";
import { shardCount, useServer } from "../support/test-server.ts";

const server = useServer();
const messages = 300_000;
/**
 * Maximum growth of resident memory. Garbage that is not collected yet levels off at 140 MiB in one workerd, and below
 * 200 MiB in wrangler's two. A stream of this length that reads ahead grows by more than 400 MiB.
 */
const growthMaxBytes = 260 * 1024 * 1024;
const figures: Record<string, string> = {};
afterAll(() => {
  if (Object.keys(figures).length > 0) console.table(figures);
});

// One object holds one mailbox, whatever the shard count: one project is enough for hundreds of megabytes.
test.runIf(shardCount === 1)(
  "an inbox of 300,000 messages streams to a slow reader in order and in bounded memory, and other users are served",
  async () => {
    const [token = "", otherToken = ""] = await server.seedAccounts(["penimbun", "tetangga"]);
    await server.sql(
      "penimbun",
      `with recursive n (id) as (select 1 union all select id + 1 from n where id < ${messages})
       insert or ignore into messages (log_id, id, uid, sender, text, sent_at, received_at) select message_logs.id, n.id, null, 'ani@jakarta', printf('%01000d', n.id), 0, 0 from n, message_logs
       where kind = 'mailbox' and name = 'penimbun'`,
    );
    // A new process has no memory left from the inserts.
    await server.restart({});
    expect((await server.command("inbox last=1", { token })).json.data).toMatchObject([{ id: messages }]);

    const before = residentBytes();
    let most = before ?? 0;
    let [bytes, next, otherSends, carry] = [0, 1, 0, ""];
    for await (const part of await inboxOf(token)) {
      bytes += part.length;
      const text = carry + part;
      let end = 0;
      for (const { 1: id, 0: match, index } of text.matchAll(/\{"id":(\d+),/g)) {
        if (Number(id) !== next) expect(Number(id)).toBe(next);
        next++;
        end = index + match.length;
      }
      carry = text.slice(Math.max(end, text.length - 32));
      // The reader is slow because it waits for another user's send after each megabyte.
      if (bytes < otherSends * 1_000_000) continue;
      otherSends++;
      const sent = await server.command("sendprivate tetangga masih bisa", { token: otherToken });
      expect(sent.headers["delivery-state"]).toBe("delivered");
      most = Math.max(most, residentBytes() ?? 0);
    }

    expect(next).toBe(messages + 1);
    expect(carry.endsWith('"}]}\r\n\r\n')).toBe(true);
    expect(carry.indexOf("\r\n\r\n")).toBe(carry.length - 4);
    expect(bytes).toBeGreaterThan(growthMaxBytes);
    expect(otherSends).toBeGreaterThan(100);
    figures.body = megabytes(bytes);
    figures["resident before"] = before === null ? "unknown" : megabytes(before);
    figures["growth at most"] = before === null ? "unknown" : megabytes(most - before);
    expect(most - (before ?? 0)).toBeLessThan(growthMaxBytes);
  },
);

test("every query of a page searches by primary key, without a scan or a sort", async () => {
  await server.seedAccounts(["pembaca"]);
  for (const query of Object.values(plannedQueries)) {
    const plan = await server.sql<{ detail: string }>(
      "pembaca",
      `explain query plan ${query.replaceAll(/\?\d?/g, "1")}`,
    );
    const steps = plan.map(({ detail }) => detail);
    const reading = steps.filter((step) => step.includes("messages"));
    expect(reading.length).toBeGreaterThan(0);
    for (const step of reading) expect(step).toMatch(/^SEARCH messages USING PRIMARY KEY \(log_id=\?/);
    expect(steps.filter((step) => step.includes("B-TREE"))).toEqual([]);
  }
  // A query in another order shows how the plan reports a sort.
  const sorted = await server.sql<{ detail: string }>(
    "pembaca",
    "explain query plan select id from messages where log_id = 1 order by sent_at",
  );
  expect(sorted.map(({ detail }) => detail)).toContain("USE TEMP B-TREE FOR ORDER BY");
});

async function inboxOf(token: string): Promise<IncomingMessage> {
  const clientRequest = request(String(new URL("/command", server.url)), {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  clientRequest.end("inbox");
  const [response] = (await once(clientRequest, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  return response.setEncoding("latin1");
}
