import { expect, test } from "vitest";
import { shardOf } from "../../src/shard-api/shard-names.ts";
import { nameOfShard } from "../support/all-shards.ts";
import { exchange } from "../support/command.ts";
import { shards, useServer } from "../support/realm.ts";

const server = useServer();
const dayMs = 24 * 60 * 60 * 1000;

// One object is always the one that is asked.
test.runIf(shards > 1)(
  "A retention that begins later comes to objects that nobody uses, as soon as the realm is asked whether it is well.",
  async () => {
    const names = Array.from({ length: shards }, (_, shard) => nameOfShard(shard));
    for (const name of names) {
      const [token = ""] = await server.crowd([name]);
      await server.command(`sendprivate ${name} lama`, { token });
      await server.sql(name, `update messages set arrived = ${Date.now() - 9 * dayMs}`);
    }
    await server.restart({ RETENTION_DAYS: 8 });
    expect((await exchange(new URL("/healthz", server.url), "GET", "", {})).status).toBe(200);
    const first = names.find((name) => shardOf(name as never, shards) === 0) ?? "";
    const swept = async (name: string) =>
      (await server.sql<{ swept: number }>(name, "select swept from realm"))[0]?.swept;
    await expect.poll(() => swept(first)).toBeGreaterThan(0);
    // To look at the others would wake them: they are given as long as the first had, and then must have been done before.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const looked = Date.now();
    for (const name of names) {
      const when = await swept(name);
      expect(when).toBeGreaterThan(0);
      expect(when).toBeLessThan(looked);
    }
  },
);
