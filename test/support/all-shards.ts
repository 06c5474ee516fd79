import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { newToken } from "./session.ts";
import { shardCount, type TestServer } from "./test-server.ts";

/** Runs SQL in every shard of a realm and returns all rows together. */
export async function queryAllShards<Row>(
  server: TestServer,
  query: string,
  realm = "surabaya",
  host?: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of oneNamePerShard()) {
    // The first command loads the shard and creates its schema.
    await server.command("whoami", { token: newToken(name), host });
    rows.push(...(await server.sql<Row>(name, query, realm)));
  }
  return rows;
}

/** A name that the given shard owns. */
export function nameOnShard(shard: number): string {
  return oneNamePerShard().find((name) => shardIndexOf(name as never, shardCount) === shard) ?? "";
}

function oneNamePerShard(): string[] {
  const names = new Map<number, string>();
  for (let i = 0; names.size < shardCount; i++) names.set(shardIndexOf(`n${i}` as never, shardCount), `n${i}`);
  return [...names.values()];
}
