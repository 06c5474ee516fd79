import { Agent, request } from "undici";
import { expect, test } from "vitest";
import { megabytes, residentBytes } from "../support/resident-memory.ts";
import { hibernates, useServer } from "../support/test-server.ts";

const server = useServer({ SHARDS: 1 });
const mib = 1024 * 1024;
const connections = 2_000;

// wrangler's development server and its loopback are no measure of a load.
test.skipIf(hibernates)(
  "2,000 connections that send without a pause are answered in bounded memory, others get through, and it is over at once",
  async () => {
    const names = Array.from({ length: 50 }, (_, n) => `ramai${n}`);
    const tokens = await server.seedAccounts([...names, "tenang"]);
    const quiet = tokens.pop() ?? "";
    const whoami = async () => {
      const start = performance.now();
      const reply = await server.command("whoami", { token: quiet });
      return { status: reply.status, ms: performance.now() - start };
    };
    await whoami();
    const quietMs = Math.min((await whoami()).ms, (await whoami()).ms);
    const before = residentBytes() ?? 0;
    const agent = new Agent({ connections, headersTimeout: 60_000, bodyTimeout: 60_000 });
    const statuses = new Map<number, number>();
    let isOver = false;
    let failed = 0;
    const flood = Promise.all(
      Array.from({ length: connections }, async (_, n) => {
        const headers = { authorization: `Bearer ${tokens[n % tokens.length]}` };
        const body = `sendprivate ${names[(n + 1) % names.length]} halo`;
        while (!isOver) {
          await request(new URL("/command", server.url), { method: "POST", headers, body, dispatcher: agent }).then(
            async (reply) => {
              await reply.body.dump();
              statuses.set(reply.statusCode, (statuses.get(reply.statusCode) ?? 0) + 1);
              // What is refused says when to come back.
              if (reply.statusCode !== 200 && !reply.headers["retry-after"]) failed++;
            },
            () => failed++,
          );
        }
      }),
    );
    const during: number[] = [];
    let most = 0;
    for (const since = performance.now(); performance.now() - since < 5_000; ) {
      const { status, ms } = await whoami();
      expect(status).toBe(200);
      during.push(ms);
      most = Math.max(most, residentBytes() ?? 0);
    }
    isOver = true;
    await flood;
    await agent.close();
    const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    console.info(
      `${answered} answers ${JSON.stringify([...statuses])}, others waited ${Math.max(...during).toFixed(0)} ms at most, +${megabytes(most - before)}`,
    );
    expect(failed).toBe(0);
    expect(answered).toBeGreaterThan(connections);
    expect(most - before).toBeLessThan(500 * mib);
    // It recovers: five seconds are given.
    await expect.poll(async () => (await whoami()).ms, { timeout: 5_000 }).toBeLessThan(20 * quietMs + 20);
  },
  120_000,
);
