import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream/promises";
import { schemaVersion } from "../../shard/schema.ts";
import type { ShardEntry } from "./manifest.ts";

/**
 * Reads a whole copy of a shard's database, and describes it. The file is not changed.
 *
 * @param path of the shard in its data folder
 * @throws where SQLite finds a damage, or a newer version of Ranah has written the file
 */
export async function verifyShard(file: string, path: string): Promise<ShardEntry> {
  const sha256 = await digestOf(file);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const [problem] = [
      ...column(database, "select integrity_check value from pragma_integrity_check where integrity_check <> 'ok'"),
      ...column(database, `select "table" || ' refers to a missing row' value from pragma_foreign_key_check`),
    ];
    if (problem !== undefined) throw new Error(`${path} is damaged: ${problem}`);
    const [version = 0] = column(database, "select max(version) value from schema_migrations").map(Number);
    if (version > schemaVersion) throw new Error(`${path} was written by a newer version of Ranah (schema ${version})`);
    const tables = column(database, "select name value from sqlite_master where type = 'table' order by name").map(
      String,
    );
    const rows = Object.fromEntries(
      tables.map((table) => [table, Number(column(database, `select count(*) value from "${table}"`)[0])]),
    );
    return { path, bytes: statSync(file).size, sha256, schemaVersion: version, rows };
  } finally {
    database.close();
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function column(database: DatabaseSync, query: string) {
  return database
    .prepare(query)
    .all()
    .map(({ value }) => value);
}
