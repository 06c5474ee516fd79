import { expect, test } from "vitest";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { nameOnShard } from "../support/all-shards.ts";
import { sendRequest } from "../support/command.ts";
import { shardCount, useServer } from "../support/test-server.ts";

const server = useServer();
const dayMs = 24 * 60 * 60 * 1000;

// With one shard the health check always reaches its only object.
test.runIf(shardCount > 1)(
  "a retention that is configured later reaches idle objects by the next health check",
  async () => {
    const names = Array.from({ length: shardCount }, (_, shard) => nameOnShard(shard));
    for (const name of names) {
      const [token = ""] = await server.seedAccounts([name]);
      await server.command(`sendprivate ${name} lama`, { token });
      await server.sql(name, `update messages set received_at = ${Date.now() - 9 * dayMs}`);
    }
    await server.restart({ RETENTION_DAYS: 8 });
    expect((await sendRequest(new URL("/healthz", server.url), "GET", "", {})).status).toBe(200);
    const first = names.find((name) => shardIndexOf(name as never, shardCount) === 0) ?? "";
    const swept = async (name: string) =>
      (await server.sql<{ swept: number }>(name, "select retention_ran_at swept from shard_info"))[0]?.swept;
    await expect.poll(() => swept(first)).toBeGreaterThan(0);
    // Reading the other objects would start them, so each must have swept before it is read.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const readAt = Date.now();
    for (const name of names) {
      const when = await swept(name);
      expect(when).toBeGreaterThan(0);
      expect(when).toBeLessThan(readAt);
    }
  },
);
