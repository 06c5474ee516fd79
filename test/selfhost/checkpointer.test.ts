import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { Checkpointer } from "../../src/selfhost/checkpointer.ts";
import { openSqlite, type SqliteDatabase } from "../../src/selfhost/sqlite-driver.ts";

const folder = mkdtempSync(join(tmpdir(), "ranah-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fullLogBytes = limits.checkpointPages * limits.databasePageBytes;

/** A database with a checkpointer, and how often its own thread has made a checkpoint. */
function open(name: string) {
  const path = join(folder, name);
  const database = openSqlite(path);
  database.script("create table t (text text)");
  let finished = 0;
  const counted: SqliteDatabase = {
    ...database,
    checkpoint: () => {
      finished++;
      database.checkpoint();
    },
  };
  const checkpointer = new Checkpointer(path, counted);
  onTestFinished(async () => {
    await checkpointer.stop();
    database.close();
  });
  /** Writes that many bytes at least, 1 MiB in a commit. */
  const write = async (bytes: number) => {
    for (let written = 0; written < bytes; written += 2 ** 20) {
      database.transaction(() => database.run("insert into t values (zeroblob(1048576))"));
      checkpointer.onCommit();
      await nextTurn();
    }
  };
  return { path, database, write, finished: () => finished, logBytes: () => statSync(`${path}-wal`).size };
}

test("a full log is folded back, and starts again from its beginning", async () => {
  const { database, write, finished, logBytes } = open("penuh.sqlite");
  await write(fullLogBytes);
  await expect.poll(finished, { timeout: 20_000 }).toBe(1);
  database.transaction(() => database.run("insert into t values ('sesudah')"));
  expect(database.logPages()).toBeLessThan(10);
  await write(fullLogBytes);
  await expect.poll(finished, { timeout: 20_000 }).toBe(2);
  expect(logBytes()).toBeLessThan(1.5 * fullLogBytes);
});

test("while a reader keeps an old state, the log grows, and a checkpoint is made once for each full length", async () => {
  const { path, write, finished, logBytes } = open("pembaca.sqlite");
  const reader = new DatabaseSync(path);
  reader.exec("begin; select count(*) from t");
  await write(fullLogBytes);
  await expect.poll(finished, { timeout: 20_000 }).toBe(1);
  await write(fullLogBytes / 2);
  expect(finished()).toBe(1);
  await write(fullLogBytes);
  await expect.poll(finished, { timeout: 20_000 }).toBe(2);
  expect(logBytes()).toBeGreaterThan(2 * fullLogBytes);
  reader.close();
});
