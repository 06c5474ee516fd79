import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrate, schemaVersion } from "../../src/shard/schema.ts";
import type { Sql } from "../../src/storage/sql.ts";
import { memoryDatabase } from "../support/sqlite.ts";

/** The schema as the first release made it. This file never changes, whatever becomes of the code. */
const firstSchema = readFileSync(join(import.meta.dirname, "../fixtures/schema-1.sql"), "utf8");

test("A new object gets every table of the newest schema, and the number of its steps.", () => {
  const { sql } = memoryDatabase();
  migrate(sql);
  expect(versionsOf(sql)).toEqual(Array.from({ length: schemaVersion }, (_, n) => n + 1));
  expect(Object.keys(shapeOf(sql))).toContain("table messages");
});

test("To migrate again changes nothing, and keeps what is stored.", () => {
  const { sql } = memoryDatabase();
  migrate(sql);
  fill(sql);
  const [shape, versions, rows] = [shapeOf(sql), versionsOf(sql), rowsOf(sql)];
  migrate(sql);
  expect([shapeOf(sql), versionsOf(sql), rowsOf(sql)]).toEqual([shape, versions, rows]);
});

test("An object with the first schema becomes one with the newest, and keeps what is stored.", () => {
  const old = memoryDatabase();
  old.sql.exec("create table schema_migrations (version integer primary key) strict");
  old.sql.exec(firstSchema);
  old.sql.exec("insert into schema_migrations (version) values (?)", 1);
  fill(old.sql);
  const rows = rowsOf(old.sql);
  migrate(old.sql);

  const fresh = memoryDatabase();
  migrate(fresh.sql);
  expect(shapeOf(old.sql)).toEqual(shapeOf(fresh.sql));
  expect(versionsOf(old.sql)).toEqual(versionsOf(fresh.sql));
  expect(rowsOf(old.sql)).toEqual(rows);
});

test("The first step still makes the first schema: steps are only ever added.", () => {
  const now = memoryDatabase();
  migrate(now.sql, 1);
  const then = memoryDatabase();
  then.sql.exec("create table schema_migrations (version integer primary key) strict");
  then.sql.exec(firstSchema);
  expect(shapeOf(now.sql)).toEqual(shapeOf(then.sql));
});

test("A step that fails leaves the version before it, so that the next start tries it again.", () => {
  const { sql, transaction } = memoryDatabase();
  sql.exec("create table messages (something integer) strict");
  expect(() => transaction(() => migrate(sql))).toThrow("messages");
  expect(Object.keys(shapeOf(sql))).toEqual(["table messages"]);
});

/** A mailbox with an account and a message: what every schema has had. */
function fill(sql: Sql): void {
  sql.exec("insert into logs (id, kind, name) values (?, 'mailbox', 'budi')", 1);
  sql.exec("insert into accounts (id, verifier, created) values (?, '$scrypt$', 0)", 1);
  sql.exec("insert into messages (log, id, sender, text, time, arrived) values (?, 1, 'ani@jakarta', 'halo', 0, 0)", 1);
}

function rowsOf(sql: Sql) {
  return ["logs", "accounts", "messages"].map((table) => {
    const columns = { logs: "id, kind, name", accounts: "id, verifier", messages: "log, id, sender, text, time" }[
      table
    ];
    return sql.exec(`select ${columns} from ${table}`).toArray();
  });
}

function versionsOf(sql: Sql): number[] {
  const rows = sql.exec<{ version: number }>("select version from schema_migrations order by version").toArray();
  return rows.map(({ version }) => version);
}

/** Every table and index with its statement, but for white space and comments. */
function shapeOf(sql: Sql): Record<string, string> {
  const rows = sql.exec<{ type: string; name: string; sql: string }>(
    "select type, name, sql from sqlite_schema where sql is not null order by type, name",
  );
  return Object.fromEntries(
    rows.toArray().map((row) => [`${row.type} ${row.name}`, row.sql.replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ")]),
  );
}
