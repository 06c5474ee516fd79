import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrate, schemaVersion } from "../../src/shard/schema.ts";
import type { SqlDriver, SqlValue } from "../../src/storage/sql.ts";
import { memoryDriver } from "../support/sqlite.ts";

/** The schema of the first release: every statement of a database that the first step made. This file never changes. */
const firstSchema = readFileSync(join(import.meta.dirname, "../fixtures/schema-1.sql"), "utf8");

/** A row for each table of the first schema, in an order that satisfies the foreign keys. */
const firstRows = [
  "schema_migrations values (1)",
  "shard_info values (4, 5)",
  "message_logs values (1, 'mailbox', 'budi', 2, 0, 3, 204), (2, 'group', 'tim', 0, 0, 0, 0), (3, 'replica', 'tim@jakarta', 0, 0, 0, 0), (4, 'group', 'lama', 9, 1, 0, 0)",
  "messages values (1, 3, 'ani@jakarta 1', 'ani@jakarta', 'halo', 6, 7, 1), (2, 1, null, 'budi@surabaya', 'hai', 6, 7, null)",
  "accounts values (1, '$scrypt$', 8, 2, 9, 40, 'spam', 1)",
  "realm_rules values ('lockdown', '2')",
  "banned_realms values ('buruk.example', 'spam', 41)",
  "audit_entries values (1, 42, 'operator', 'ban', 'budi')",
  "unknown_names values (1, 'hantu', 2, 9)",
  "invite_codes values ('ghi', 'abcdef', 5, 37, 38)",
  "reset_codes values (1, 'jkl', 39)",
  "blocks values (1, '@buruk.example', 43)",
  "reserved_names values ('pergi', 44)",
  "reports values (1, 45, 'ani@surabaya', null, 3, 'jahat@jakarta', 'hai', 'menghina')",
  "held_messages values (1, 'baru@jakarta', 'u2', 'kenalan', 46, 47)",
  "account_settings values (1, 1)",
  "tokens values ('def', 1, 'ci', 'send', 'ani@jakarta', 34, 35, 36)",
  "sessions values ('abc', 1, 10, 11)",
  `sent_messages values (1, 1, null, 'group', 'tim@surabaya', 'hai', 3, 12, 'delivered', null, 'k', null, null, 0, null, null, null, 1),
    (1, 2, 'u', 'private', 'ani@jakarta', 'apa kabar', 9, 12, 'queued', null, null, 'jakarta', 1, 3, 2, null, null, null)`,
  "sent_logs values (1, 0, 2, 412)",
  "conversations values (1, 'ani@jakarta', 'budi@surabaya', 0)",
  "conversation_messages values (1, 1, 1, 3, null), (1, 2, 0, null, 2)",
  "conversation_list values (1, 1, 7, 2, 1)",
  "account_checkpoints values (1, 3, 2, 7, 1)",
  "read_markers values (1, 'private', 'ani@jakarta', 1)",
  "destinations values ('jakarta', 'messages', 3, 13, 50, 1, 14, 1, 15, 16)",
  "groups values (2, 'budi@surabaya', 17, 'private', 2, 18)",
  "group_replicas values (3, 19, 20)",
  "group_members values (2, 'budi@surabaya', 'member', 21, null, 22), (2, 'ani@jakarta', 'invited', 21, 'jakarta', 23)",
  "replication_cursors values (2, 'jakarta', 1)",
  "memberships values (1, 'tim@surabaya', 'owner', 24)",
  "pending_membership_updates values (1, 'jakarta', 'v', 'tim@surabaya', 'ani@jakarta', 'invited', 'budi@surabaya', 25, 26)",
  "signing_keys values ('satu', '{}', 27, 28)",
  "peer_keys values ('jakarta', '[]', 29, 30)",
  "clock_periods values (1, 31, 32, 33)",
];

const allVersions = Array.from({ length: schemaVersion }, (_, n) => n + 1);

test("a new shard gets every table and the numbers of all steps", () => {
  const driver = memoryDriver();
  migrate(driver);
  expect(versionsOf(driver)).toEqual(allVersions);
  expect(Object.keys(shapeOf(driver))).toContain("table messages");
});

test("a shard with the first schema gets the newest one and keeps every row", () => {
  const old = firstRelease();
  const tables = tablesOf(old);
  const columns = new Map(tables.map((table) => [table, columnsOf(old, table)]));
  const rows = () => tables.map((table) => [table, rowsOf(old, table, columns.get(table) ?? [])] as const);
  const before = rows();
  for (const [table, stored] of before) expect(stored.length, table).toBeGreaterThan(0);
  migrate(old);

  const fresh = memoryDriver();
  migrate(fresh);
  expect(shapeOf(old)).toEqual(shapeOf(fresh));
  expect(versionsOf(old)).toEqual(allVersions);
  const withoutVersions = (all: ReturnType<typeof rows>) => all.filter(([table]) => table !== "schema_migrations");
  expect(withoutVersions(rows())).toEqual(withoutVersions(before));
});

test("migrating again changes nothing", () => {
  const driver = firstRelease();
  migrate(driver);
  const state = () => [
    shapeOf(driver),
    versionsOf(driver),
    tablesOf(driver).map((table) => rowsOf(driver, table, ["*"])),
  ];
  const before = state();
  migrate(driver);
  expect(state()).toEqual(before);
});

test("the first step still makes the first schema: released steps are never edited", () => {
  const now = memoryDriver();
  migrateFirstStep(now);
  const then = memoryDriver();
  then.script(firstSchema);
  expect(versionsOf(now)).toEqual([1]);
  expect(shapeOf(now)).toEqual(shapeOf(then));
});

test("a step that fails leaves the version before it, so that the next start tries it again", () => {
  const driver = memoryDriver();
  driver.run("create table messages (something integer) strict");
  expect(() => driver.transaction(() => migrate(driver))).toThrow("messages");
  expect(Object.keys(shapeOf(driver))).toEqual(["table messages"]);
});

/** A database of the first release, with rows in every table. */
function firstRelease(): SqlDriver {
  const driver = memoryDriver();
  driver.script(firstSchema);
  for (const row of firstRows) driver.run(`insert into ${row}`);
  return driver;
}

/** Runs the first step alone. */
function migrateFirstStep(driver: SqlDriver): void {
  const done = new Error("the first step is done");
  const run: SqlDriver["run"] = (query, ...bindings) => {
    driver.run(query, ...bindings);
    if (query.startsWith("insert into schema_migrations") && bindings[0] === 1) throw done;
  };
  expect(() => migrate({ ...driver, run })).toThrow(done);
}

function tablesOf(driver: SqlDriver): string[] {
  const query = "select name from sqlite_schema where type = 'table' order by name";
  return driver.all<{ name: string }>(query).map(({ name }) => name);
}

function columnsOf(driver: SqlDriver, table: string): string[] {
  return driver.all<{ name: string }>("select name from pragma_table_info(?)", table).map(({ name }) => name);
}

function rowsOf(driver: SqlDriver, table: string, columns: string[]): Record<string, SqlValue>[] {
  return driver.all<Record<string, SqlValue>>(`select ${columns.join()} from ${table} order by 1`);
}

function versionsOf(driver: SqlDriver): number[] {
  const query = "select version from schema_migrations order by version";
  return driver.all<{ version: number }>(query).map(({ version }) => version);
}

/** Every table and index with its statement, without comments and line breaks. */
function shapeOf(driver: SqlDriver): Record<string, string> {
  const query = "select type, name, sql from sqlite_schema where sql is not null order by type, name";
  const rows = driver.all<{ type: string; name: string; sql: string }>(query);
  const flat = (sql: string) => sql.replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ");
  return Object.fromEntries(rows.map(({ type, name, sql }) => [`${type} ${name}`, flat(sql)]));
}
