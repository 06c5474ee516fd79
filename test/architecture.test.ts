import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";
import { Page } from "./protocol/page.ts";
import { root, sources, tables, writersByTable } from "./support/source-files.ts";

/**
 * The folders of src, from the entry down, and what each may import of those below it. `src/README.md` has the same table. A path with a slash allows one file only.
 * Every server folder may also import what `shared` lists.
 */
const layers: Record<string, readonly string[]> = {
  index: ["cloudflare"],
  cloudflare: ["worker", "shard", "live/live-socket", "admission", "hasher", "shard-api", "config", "protocol"],
  selfhost: [
    ...[
      "worker",
      "shard",
      "live/live-socket",
      "admission",
      "bodies",
      "hasher",
      "dev",
      "shard-api",
      "config",
      "protocol",
    ],
  ],
  worker: ["accounts/session-token", "federation", "bodies", "shard-api", "config", "web/dist/page", "protocol"],
  shard: [
    ...[
      "live",
      "accounts",
      "moderation",
      "groups",
      "messaging",
      "delivery",
      "federation",
      "admission",
      "hasher/scrypt",
    ],
    ...["shard-api", "paging", "config", "protocol"],
  ],
  live: ["accounts", "groups/memberships", "messaging", "shard-api", "protocol"],
  accounts: ["messaging", "hasher/scrypt", "shard-api", "protocol"],
  moderation: ["shard-api", "protocol"],
  groups: ["messaging", "delivery", "federation", "shard-api", "paging", "protocol"],
  messaging: ["delivery", "shard-api", "paging", "protocol"],
  delivery: ["federation", "shard-api", "config", "protocol"],
  federation: ["admission", "bodies", "shard-api", "paging", "config", "protocol"],
  admission: ["protocol"],
  bodies: ["protocol"],
  hasher: [],
  dev: ["protocol"],
  "shard-api": ["paging", "config", "protocol"],
  paging: ["protocol"],
  config: ["protocol"],
  web: ["protocol"],
  cli: ["protocol"],
  storage: [],
  "domain-events": ["protocol"],
  protocol: [],
  limits: [],
};
const shared = ["storage", "domain-events", "limits"];
/** These do not use what is shared, but for what stands here. */
const unshared: Record<string, readonly string[]> = {
  index: [],
  dev: ["limits"],
  web: [],
  cli: ["limits"],
  storage: ["domain-events", "limits"],
  "domain-events": [],
  protocol: ["limits"],
  limits: [],
};

/** Where a host may be named: its adapter, the scripts that start servers, and the program that runs on Node alone. */
const hostFolders = ["cloudflare", "selfhost", "dev", "cli"];

interface Import {
  file: string;
  /** Paths below src, without their ending. */
  from: string;
  to: string;
}

const files = [...sources.keys()];
const imports = [...sources].flatMap(([file, source]) => importsOf(file, source));

test("the files and their imports are found", () => {
  expect(files.length).toBeGreaterThan(100);
  expect(imports.length).toBeGreaterThan(400);
});

test("the plan lists every folder and no other, and no name is of a technical kind", () => {
  const folders = new Set(files.map((file) => folderOf(withoutEnding(file.slice("src/".length)))));
  expect([...folders].sort()).toEqual(Object.keys(layers).sort());
  const kinds = /^(utils?|helpers?|services?|common|shared|lib|types?|misc|controllers?|models?)$/;
  const parts = files.flatMap((file) => withoutEnding(file).split("/"));
  expect(parts.filter((part) => kinds.test(part))).toEqual([]);
});

test("the plan only goes down", () => {
  const order = Object.keys(layers);
  for (const folder of order) {
    for (const other of allowedFor(folder)) {
      expect(order.indexOf(folderOf(other)), `${folder} → ${other}`).toBeGreaterThan(order.indexOf(folder));
    }
  }
});

test("folders import only what the plan allows", () => {
  expect(imports.filter((each) => !isAllowed(each)).map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
});

test("src/README.md lists exactly the folders of the plan, in its order, and what each may import", () => {
  const rows = new Page("src/README.md").table("## Folders").map(([folder = "", , , mayImport = ""]) => {
    return [folder.replace(/^\[`(.*)`\]\(.*\)$/, "$1"), mayImport];
  });
  expect(rows).toEqual(Object.keys(layers).map((folder) => [folder, importCell(folder)]));
});

test.each(Object.keys(layers).filter((folder) => existsSync(`${root}/src/${folder}/README.md`)))(
  "the README of %s, if it says what the folder may import, agrees with the plan",
  (folder) => {
    const { text } = new Page(`src/${folder}/README.md`);
    const line = /^\*\*May import:\*\* (.*)\.$/m.exec(text)?.[1];
    if (line !== undefined) expect(line).toBe(importCell(folder));
  },
);

test.each([
  ["messaging/message-log-store", 'import { LiveConnections } from "../live/live-connections.ts";'],
  ["protocol/names", 'import type { Config } from "../config/config.ts";'],
  ["protocol/names", 'const later = await import("../shard/shard.ts");'],
  ["accounts/accounts", 'export { PasswordHasher } from "../cloudflare/password-hasher.ts";'],
  ["web/page/app", 'import "../../shard/shard.ts";'],
  ["worker/home-route", 'import { LiveConnection } from "../web/chat/live-connection.ts";'],
  ["storage/sql", 'import {\n  Groups,\n} from "../groups/groups.ts";'],
])("the plan refuses in %s the line %j", (file, line) => {
  expect(importsOf(`src/${file}.ts`, line).map(isAllowed)).toEqual([false]);
});

test("only a host's adapter names its host: the core imports node:crypto and nothing else of a runtime", () => {
  const named = [...sources].flatMap(([file, source]) => {
    if (hostFolders.includes(folderOf(file.slice("src/".length)))) return [];
    const modules = [...source.matchAll(/"((?:cloudflare|node|workerd):[^"]+)"/g)].map(([, name]) => name);
    const code = withoutComments(source);
    const globals = [...code.matchAll(/\b(DurableObject\w*|WebSocketPair|SqlStorage\w*)\b|: (RateLimit)\b/g)].map(
      ([name]) => name,
    );
    return [...modules.filter((name) => name !== "node:crypto"), ...globals].map((name) => `${file}: ${name}`);
  });
  expect(named).toEqual([]);
});

test("each table is written by one file", () => {
  const writers = writersByTable();
  const several = [...writers].filter(([, each]) => each.size > 1).map(([table, each]) => [table, ...each]);
  expect(several).toEqual([]);
  expect([...tables].filter((table) => !writers.has(table))).toEqual(
    ["schema_migrations"].filter((t) => tables.has(t)),
  );
});

test("SQL stands in stores and in the queries that join several of them", () => {
  const statement = /["`](?:select [\w(*]|insert (?:or \w+ )?into|update \w+ set|delete from|with recursive)/;
  const withSql = [...sources].filter(([file, source]) => statement.test(source) && !file.includes("/selfhost/"));
  const others = withSql.map(([file]) => file).filter((file) => !isStore(sources.get(file) ?? "", file));
  expect(others).toEqual([]);
});

test("values are not forced into types: no any, no double cast", () => {
  const forced = [...sources].flatMap(([file, source]) =>
    [...withoutComments(source).matchAll(/: any\b|\bas any\b|\bas unknown as\b|@ts-ignore|@ts-expect-error/g)].map(
      ([found]) => `${file}: ${found}`,
    ),
  );
  expect(forced).toEqual([]);
});

/** A store says in its comment which tables it keeps; the joined queries and the schema are of several. */
function isStore(source: string, file: string): boolean {
  return /\(tables? `/.test(source) || /\/(cross-store-queries|replication-queries|schema)\.ts$/.test(file);
}

/** What a folder may import, as the READMEs write it. */
function importCell(folder: string): string {
  const own = [...(layers[folder] ?? []), ...(unshared[folder] ?? [])].map((each) => `\`${each}\``).join(" ");
  return [own, ...(unshared[folder] ? [] : ["shared"])].filter((part) => part !== "").join(", ");
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "");
}

function allowedFor(folder: string): readonly string[] {
  return [...(layers[folder] ?? []), ...(unshared[folder] ?? shared)];
}

function isAllowed({ from, to }: Import): boolean {
  const [folder, other] = [folderOf(from), folderOf(to)];
  const allowed = allowedFor(folder);
  return folder === other || allowed.includes(other) || allowed.includes(to);
}

/** Every import of a project file, whatever its form. */
function importsOf(file: string, source: string): Import[] {
  const pattern = /(?:^(?:import|export)\s+(?:type\s)?(?:[^;"]*?\sfrom\s+)?|\bimport\()"(?<path>\.[^"]+)"/gm;
  return [...source.matchAll(pattern)].map(({ groups }) => ({
    file,
    from: withoutEnding(file.slice("src/".length)),
    to: withoutEnding(posix.join(posix.dirname(file), groups?.path ?? "").slice("src/".length)),
  }));
}

function folderOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function withoutEnding(path: string): string {
  return path.replace(/\.tsx?$/, "");
}

test("a server needs only the packages of the root: those of the workspaces are for tests and for Cloudflare", () => {
  const { devDependencies } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
  const servers = [...sources].filter(([file]) => !file.startsWith("src/cloudflare/"));
  const imported = servers.flatMap(([, code]) => [...code.matchAll(/ from "((?:@[\w-]+\/)?[\w-]+)(?:\/[^"]*)?"/g)]);
  const packages = new Set(imported.map(([, name = ""]) => name));
  expect(packages.size).toBeGreaterThan(5);
  expect([...packages].filter((name) => !(name in devDependencies))).toEqual([]);
});
