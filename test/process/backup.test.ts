import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { create, extract } from "tar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KillableServer } from "../support/killable-server.ts";

const scripts = join(import.meta.dirname, "../../src/selfhost/backup");
const folder = mkdtempSync(join(tmpdir(), "ranah-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(script: "backup" | "restore", options: Record<string, string>) {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [join(scripts, `${script}.ts`), ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output += text;
    });
  }
  const [code] = await once(child, "close");
  return { code, output };
}

describe.each([1, 4])("a backup of a server with %i shards under load", (shards) => {
  const server = new KillableServer({ SHARDS: shards }, "serve");
  const names = ["budi", "citra", "dewi", "eko"];
  const tokens = new Map<string, string>();
  const backup = join(folder, `${shards}.tar`);
  /** For each writer, the number of its last acknowledged send when the backup began. */
  const acknowledgedBefore = new Map<string, number>();
  const ask = async (name: string, line: string) =>
    (await server.command(line, { token: tokens.get(name) })).json.data as { from: string; to: string; text: string }[];

  beforeAll(async () => {
    await server.start();
    await Promise.all(
      names.map(async (name) => {
        await server.command(`register ${name} rahasia-${name}`);
        const reply = await server.command(`auth ${name} rahasia-${name}`);
        tokens.set(name, (reply.json.data as { token: string }).token);
      }),
    );
  });
  afterAll(() => server.dispose());

  test("is made while the server goes on, and has a plain database for each shard", async () => {
    let stop = false;
    const acknowledged = new Map<string, number>(names.map((name) => [name, 0]));
    const writers = names.map(async (name, index) => {
      for (let n = 1; !stop; n++) {
        const reply = await server.command(`sendprivate ${names[(index + 1) % names.length]} ${n}`, {
          token: tokens.get(name),
        });
        expect(reply.status).toBe(200);
        acknowledged.set(name, n);
      }
    });
    await expect.poll(() => Math.min(...acknowledged.values()), { timeout: 30_000 }).toBeGreaterThan(50);
    for (const [name, n] of acknowledged) acknowledgedBefore.set(name, n);
    const made = await run("backup", { data: server.folder, out: backup });
    const after = new Map(acknowledged);
    await expect.poll(() => names.every((name) => (acknowledged.get(name) ?? 0) > (after.get(name) ?? 0))).toBe(true);
    stop = true;
    await Promise.all(writers);

    expect(made).toMatchObject({
      code: 0,
      output: expect.stringMatching(/ 4 accounts, \d+ received messages, \d+ sent messages\. All were read/),
    });
    // Nobody else may read password hashes.
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    const unpacked = mkdtempSync(join(folder, "unpacked-"));
    await extract({ file: backup, cwd: unpacked });
    const accounts = Array.from({ length: shards }, (_, index) => {
      const database = new DatabaseSync(join(unpacked, `surabaya/${index}.sqlite`), { readOnly: true });
      try {
        return Number(database.prepare("select count(*) count from accounts").get()?.count);
      } finally {
        database.close();
      }
    });
    expect(accounts.reduce((sum, count) => sum + count, 0)).toBe(names.length);
  });

  test("brings every message back that was acknowledged before it, each once and in order", async () => {
    await server.kill();
    rmSync(server.folder, { recursive: true });
    expect(await run("restore", { file: backup, data: server.folder })).toMatchObject({ code: 0 });
    await server.start();
    for (const [index, name] of names.entries()) {
      const recipient = names[(index + 1) % names.length] ?? "";
      const sent = (await ask(name, "sent")).map(({ text }) => Number(text));
      expect(sent.length).toBeGreaterThanOrEqual(acknowledgedBefore.get(name) ?? Number.POSITIVE_INFINITY);
      expect(sent).toEqual(sent.map((_, n) => n + 1));
      // What one shard had handed to another is in both copies. What was still queued is delivered now.
      const received = async () => (await ask(recipient, "inbox")).map(({ text }) => Number(text));
      await expect.poll(received, { timeout: 30_000 }).toEqual(sent);
    }
  });
});

describe("what is no good is refused, and nothing is left behind", () => {
  const data = join(folder, "data");
  const backup = join(folder, "good.tar");
  const shard = join(data, "surabaya/0.sqlite");

  beforeAll(async () => {
    const server = new KillableServer({ REALM: "surabaya", REALMS: "" }, "serve");
    await server.start();
    for (let n = 0; n < 20; n++) await server.command(`register budi${n} rahasia-budi`);
    await server.kill();
    expect(await run("backup", { data: server.folder, out: backup })).toMatchObject({ code: 0 });
    expect(await run("restore", { file: backup, data })).toMatchObject({ code: 0 });
    await server.dispose();
  });

  const refused = async (script: "backup" | "restore", options: Record<string, string>, sentence: RegExp) => {
    const before = readdirSync(folder);
    expect(await run(script, options)).toMatchObject({ code: 1, output: expect.stringMatching(sentence) });
    expect(readdirSync(folder)).toEqual(before);
  };

  test("a folder that has something in it is not restored into", () =>
    refused("restore", { file: backup, data }, /^\S+ is not empty: .*\.\n$/));

  test("a backup that exists is not overwritten", () => refused("backup", { data, out: backup }, /exists already/));

  test("a folder without realms is not backed up", () =>
    refused("backup", { data: scripts, out: join(folder, "empty.tar") }, /has no realm/));

  test("options that lack something get the usage", async () => {
    await refused("backup", { data }, /^Usage: npm run backup -- --data DIR --out FILE\n$/);
    await refused("restore", { file: backup, data: "" }, /^Usage: npm run restore/);
  });

  test("a damaged database is not backed up", async () => {
    const damaged = join(folder, "damaged");
    await run("restore", { file: backup, data: damaged });
    const bytes = readFileSync(join(damaged, "surabaya/0.sqlite"));
    // The second half: the schema stays readable.
    bytes.fill(0xff, bytes.length / 2);
    writeFileSync(join(damaged, "surabaya/0.sqlite"), bytes);
    await refused("backup", { data: damaged, out: join(folder, "damaged.tar") }, /damaged|malformed/);
  });

  test.each([
    ["has no manifest", async (work: string) => rmSync(join(work, "manifest.json")), /is no backup of this version/],
    ["lacks a shard", async (work: string) => rmSync(join(work, "surabaya"), { recursive: true }), /lacks surabaya/],
    [
      "has a shard that was changed",
      async (work: string) => {
        const database = new DatabaseSync(join(work, "surabaya/0.sqlite"));
        database.exec("delete from accounts");
        database.close();
      },
      /is not what the backup's manifest says/,
    ],
    [
      "was made by a newer version",
      async (work: string) => {
        const database = new DatabaseSync(join(work, "surabaya/0.sqlite"));
        database.exec("insert into schema_migrations values (99)");
        database.close();
      },
      /was written by a newer version of Ranah \(schema 99\)/,
    ],
  ])("a backup that %s is not restored", async (_, change, sentence) => {
    const work = mkdtempSync(join(folder, "work-"));
    await extract({ file: backup, cwd: work });
    await change(work);
    const changed = join(folder, "changed.tar");
    await create({ file: changed, cwd: work }, readdirSync(work));
    await refused("restore", { file: changed, data: join(folder, "never") }, sentence);
    expect(existsSync(join(folder, "never"))).toBe(false);
  });

  test("a file that is no backup is not restored", () =>
    refused("restore", { file: shard, data: join(folder, "never") }, /./));
});
