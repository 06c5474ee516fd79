import { shardOf } from "../../src/shard-api/shard-names.ts";
import { shards, type TestServer } from "./realm.ts";
import { newToken } from "./session.ts";

/** Runs SQL in every object of a realm and hands back all rows together. */
export async function sqlEverywhere<Row>(
  server: TestServer,
  query: string,
  realm = "surabaya",
  host?: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of oneNamePerShard()) {
    // The first command wakes the object, so that its schema is there.
    await server.command("whoami", { token: newToken(name), host });
    rows.push(...(await server.sql<Row>(name, query, realm)));
  }
  return rows;
}

/** A name that lives in a shard. */
export function nameOfShard(shard: number): string {
  return oneNamePerShard().find((name) => shardOf(name as never, shards) === shard) ?? "";
}

function oneNamePerShard(): string[] {
  const names = new Map<number, string>();
  for (let i = 0; names.size < shards; i++) names.set(shardOf(`n${i}` as never, shards), `n${i}`);
  return [...names.values()];
}
