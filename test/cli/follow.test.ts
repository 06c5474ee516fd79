import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { accountEnv, CliUser, jsonLines } from "../support/cli.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
let budi: NewAccount;
let accounts = 0;

beforeAll(async () => {
  budi = await newAccount(server, "budi");
});

/** A reader with an account, a home folder and a file of its own. */
async function newReader() {
  const account = await newAccount(server, `pembaca-${++accounts}`);
  const user = new CliUser(accountEnv(server, account));
  const file = join(user.home, "seen");
  const seen = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []);
  const send = (text: string) => budi.command(`sendprivate ${account.name} ${text}`);
  return { account, user, file, seen, send };
}

/** Resolves when the first run of a reader has saved where it begins. */
async function untilBegun(user: CliUser, name: string): Promise<void> {
  const folder = join(user.home, ".local/state/ranah/cursors");
  const files = () => (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : []);
  await expect.poll(() => files().some((path) => path.includes(`/${name}.`))).toBe(true);
}

test("follow prints messages as they come, from now on, and continues where it stopped", async () => {
  const { user, send } = await newReader();
  await send("sebelum");
  const first = user.start(["follow", "--json"]);
  await untilBegun(user, "follow");
  await send("satu");
  await expect.poll(() => first.stdout).toContain("satu");
  first.child.kill("SIGTERM");
  expect(await first.ended).toMatchObject({ code: 143, stderr: "" });
  await send("dua");
  const second = await user.run(["follow", "--once", "--json"]);
  expect(jsonLines(first.stdout).map(({ text }) => text)).toEqual(["satu"]);
  expect(jsonLines(second.stdout)).toMatchObject([{ id: 3, from: budi.address, text: "dua" }]);
});

test("a command gets the text and the environment, and the cursor moves only if it exits with 0", async () => {
  const { user, file, seen, send } = await newReader();
  await send('baris "satu"\nbaris dua');
  const exec = `test -z "$FAIL" && { echo "$RANAH_ID $RANAH_FROM [$RANAH_GROUP]"; cat; echo; } >> ${file}`;
  const args = ["follow", "--once", "--exec", exec];
  const failed = await user.run([...args, "--after", "0"], { env: { FAIL: "1" } });
  expect([failed.code, failed.stderr]).toEqual([69, expect.stringContaining("message 1 ended with code 1")]);
  expect((await user.run(args)).code).toBe(0);
  expect((await user.run([...args, "--timeout", "500ms"])).code).toBe(69);
  expect(seen()).toEqual([`1 ${budi.address} []`, 'baris "satu"', "baris dua"]);
});

test("--tries repeats a command that fails, and then continues", async () => {
  const { user, file, seen, send } = await newReader();
  await send("susah");
  const exec = `echo "$RANAH_ID" >> ${file}; test $(wc -l < ${file}) -ge 3`;
  expect((await user.run(["follow", "--after", "0", "--once", "--tries", "5", "--exec", exec])).code).toBe(0);
  expect(seen()).toEqual(["1", "1", "1"]);
});

test("a command that takes too long is ended with all that it has started", async () => {
  const { user, send } = await newReader();
  await send("lama");
  const args = ["follow", "--after", "0", "--once", "--exec-timeout", "300ms", "--exec", "sleep 600 & sleep 600"];
  expect((await user.run(args)).code).toBe(69);
});

test("kill -9 at any point loses no message and repeats none", async () => {
  const { user, file, seen, send } = await newReader();
  const count = 30;
  for (let index = 1; index <= count; index++) await send(String(index));
  const exec = `sleep 0.02; echo "$RANAH_ID" >> ${file}`;
  for (let kills = 1; seen().length < count; kills++) {
    const already = seen().length;
    const { child, exited } = user.start(["follow", "--exec", exec, ...(kills === 1 ? ["--after", "0"] : [])]);
    // Between two and four messages later it is killed, in whatever it is doing then.
    await expect
      .poll(() => seen().length, { interval: 5 + (kills % 7) })
      .toBeGreaterThan(Math.min(already + (kills % 3), count - 1));
    child.kill("SIGKILL");
    await exited;
  }
  const after = await user.run(["follow", "--once", "--timeout", "500ms", "--exec", exec]);
  expect(after.code).toBe(69);
  expect(seen()).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)));
});

test("a restart waits for the command of its killed predecessor", async () => {
  const { user, file, seen, send } = await newReader();
  await send("satu");
  const exec = `echo start >> ${file}; until [ -e ${file}.go ]; do sleep 0.02; done; echo end >> ${file}`;
  const { child, exited } = user.start(["follow", "--after", "0", "--exec", exec]);
  await expect.poll(seen).toEqual(["start"]);
  child.kill("SIGKILL");
  await exited;
  const second = user.start(["follow", "--exec", exec]);
  await expect.poll(() => second.stderr, { timeout: 10_000 }).toContain("waiting for another process");
  writeFileSync(`${file}.go`, "");
  await send("dua");
  await expect.poll(seen, { timeout: 10_000 }).toEqual(["start", "end", "start", "end"]);
  second.child.kill("SIGTERM");
  expect((await second.ended).code).toBe(143);
});

test("SIGTERM lets the running command finish, and the cursor moves", async () => {
  const { user, file, seen, send } = await newReader();
  await send("satu");
  const running = user.start([
    "follow",
    "--after",
    "0",
    "--exec",
    `echo start >> ${file}; sleep 0.5; echo end >> ${file}`,
  ]);
  await expect.poll(seen).toEqual(["start"]);
  running.child.kill("SIGTERM");
  expect((await running.ended).code).toBe(143);
  expect(seen()).toEqual(["start", "end"]);
  expect((await user.run(["follow", "--once", "--timeout", "300ms", "--exec", "true"])).code).toBe(69);
});

test("two processes do not share a cursor, and other names read for themselves", async () => {
  const { user, send } = await newReader();
  const first = user.start(["follow"]);
  await untilBegun(user, "follow");
  const other = user.start(["follow", "--cursor", "lain", "--once"]);
  await untilBegun(user, "lain");
  await send("untuk keduanya");
  expect((await other.ended).stdout).toContain("untuk keduanya");
  await expect.poll(() => first.stdout).toContain("untuk keduanya");
});

test("a connection that breaks again and again loses and repeats nothing", async () => {
  const { account, user, send } = await newReader();
  const proxy = new FaultyProxy(server.url);
  const env = { ...accountEnv(server, account), RANAH_URL: `http://surabaya.localhost:${await proxy.listen()}` };
  const following = user.start(["follow", "--after", "0", "--json"], { env });
  const texts = () =>
    jsonLines(following.stdout.slice(0, following.stdout.lastIndexOf("\n") + 1)).map(({ text }) => text);
  for (let index = 1; index <= 12; index++) {
    await send(String(index));
    if (index % 3 === 0) proxy.cutAll();
    if (index % 2 === 0) await expect.poll(texts, { timeout: 20_000 }).toHaveLength(index);
  }
  expect(texts()).toEqual(Array.from({ length: 12 }, (_, index) => String(index + 1)));
  proxy.close();
});

test("a group is followed with its events by a member, and by asking by an account that is none", async () => {
  const { account, user } = await newReader();
  await budi.command("creategroup tim");
  for (const joins of [false, true]) {
    if (joins) await account.command("joingroup tim");
    const following = user.start(["follow", "--group", "tim", "--cursor", `g${joins}`, "--once", "--json"]);
    await untilBegun(user, `g${joins}`);
    await budi.command(`sendgroup tim halo ${joins}`);
    expect(jsonLines((await following.ended).stdout)).toMatchObject([{ group: "tim@surabaya", text: `halo ${joins}` }]);
  }
});

test("a session that ends stops follow with 77", async () => {
  const { account, user } = await newReader();
  const following = user.start(["follow"]);
  await untilBegun(user, "follow");
  await account.command("logout");
  expect((await following.ended).code).toBe(77);
});

test("a cursor beyond the newest message is refused, because the server has other messages", async () => {
  const { user, send } = await newReader();
  await send("satu");
  await user.run(["follow", "--after", "100", "--timeout", "1s"]);
  const { code, stderr } = await user.run(["follow", "--once"]);
  expect([code, stderr]).toEqual([69, expect.stringContaining("--after 0")]);
});

test("a reader that closes its pipe ends follow quietly, and the cursor stays before what it did not get", async () => {
  const { user, send } = await newReader();
  for (const text of ["satu", "dua", "tiga"]) await send(text);
  const following = user.start(["follow", "--after", "0"]);
  following.child.stdout?.destroy();
  expect(await following.ended).toMatchObject({ code: 141, stderr: "" });
  expect((await user.run(["follow", "--once"])).stdout).toContain("satu");
});

test("reply sends the output of the command back, once, and answers neither itself nor the system", async () => {
  const { account, user, send } = await newReader();
  await send("halo bot");
  await account.command(`sendprivate ${account.name} catatan sendiri`);
  const run = () => user.run(["reply", "--after", "0", "--timeout", "1500ms", "--exec", "tr a-z A-Z; date +%N"]);
  expect((await run()).code).toBe(0);
  // As after a kill before the cursor was saved: the command runs again, and its other answer is not sent.
  expect((await run()).code).toBe(0);
  const { json } = await budi.command(`thread ${account.name}`);
  const texts = (json.data as { text: string }[]).map(({ text }) => text);
  expect(texts).toHaveLength(2);
  expect(texts[1]).toMatch(/^HALO BOT\d+$/);
});

test("inbox --new prints each message once", async () => {
  const { user, send } = await newReader();
  await send("satu");
  const texts = async () => jsonLines((await user.run(["inbox", "--new", "--json"])).stdout).map(({ text }) => text);
  expect(await texts()).toEqual(["satu"]);
  await send("dua");
  expect(await texts()).toEqual(["dua"]);
  expect(await texts()).toEqual([]);
});
