import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";

export const root = posix.join(import.meta.dirname, "../..");
const files = globSync("src/**/*.{ts,tsx}", { cwd: root, exclude: ["src/web/dist/**"] });

/** The text of every source file, by its path from the root. */
export const sources = new Map(files.map((file) => [file, readFileSync(`${root}/${file}`, "utf8")]));

const schema = sources.get("src/shard/schema.ts") ?? "";

/** The tables of the schema, in its order. */
export const tables = new Set(
  [...schema.matchAll(/create table (?:if not exists )?([a-z_]+)/g)].map(([, name = ""]) => name),
);

/** The files that write each table, without the schema itself. */
export function writersByTable(): Map<string, Set<string>> {
  const writers = new Map<string, Set<string>>();
  for (const [file, source] of sources) {
    if (file.endsWith("/schema.ts")) continue;
    for (const [, table = ""] of source.matchAll(
      /\b(?:insert (?:or \w+ )?into|update(?! set)|delete from) ([a-z_]+)\b/g,
    )) {
      if (tables.has(table)) writers.set(table, (writers.get(table) ?? new Set()).add(file));
    }
  }
  return writers;
}
