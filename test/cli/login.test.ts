import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { accountEnv, CliUser, jsonLines } from "../support/cli.ts";
import { newAccount } from "../support/new-account.ts";
import { setPassword } from "../support/session.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const password = "rahasia-sekali";

beforeAll(async () => {
  for (const name of ["budi", "ani"]) {
    await newAccount(server, name);
    await setPassword(server, name, password);
  }
});

const url = () => `http://surabaya.localhost:${server.url.port}`;
const contextFile = (user: CliUser, name = "budi@surabaya") => join(user.home, `.config/ranah/contexts/${name}.json`);
const logIn = (user: CliUser, name = "budi", more: string[] = []) =>
  user.run(["login", url(), name, ...more], { input: `${password}\n` });

test("a login is kept in files that only their owner can read", async () => {
  const user = new CliUser();
  expect(await logIn(user)).toEqual({ code: 0, stdout: "Logged in as budi@surabaya\n", stderr: "" });
  expect(statSync(contextFile(user)).mode & 0o777).toBe(0o600);
  expect(statSync(join(user.home, ".config/ranah")).mode & 0o777).toBe(0o700);
  expect((await user.run(["whoami", "--json"])).stdout).toContain('"user":"budi@surabaya"');
});

test("a token file that others can read is refused, and nothing is sent", async () => {
  const user = new CliUser();
  await logIn(user);
  chmodSync(contextFile(user), 0o640);
  const { code, stderr } = await user.run(["whoami"]);
  expect([code, stderr]).toEqual([77, expect.stringContaining("chmod 600")]);
});

test("a link beside a token file is not written through", async () => {
  const user = new CliUser();
  await logIn(user);
  const victim = join(user.home, "victim");
  writeFileSync(victim, "old");
  const folder = join(user.home, ".config/ranah/contexts");
  for (let pid = 1; pid < 50; pid++) symlinkSync(victim, join(folder, `budi@surabaya.json.${pid}.tmp`));
  await logIn(user);
  expect(readFileSync(victim, "utf8")).toBe("old");
});

test("contexts are listed without tokens, chosen, used by name and removed by logout", async () => {
  const user = new CliUser();
  await logIn(user, "budi");
  await logIn(user, "ani", ["--context", "kantor"]);
  const listed = await user.run(["contexts", "--json"]);
  expect(jsonLines(listed.stdout)).toEqual([
    { current: false, context: "budi@surabaya", user: "budi@surabaya", url: url() },
    { current: true, context: "kantor", user: "ani@surabaya", url: url() },
  ]);
  const nameOf = async (args: string[], env = {}) => (await user.run(["whoami", "--json", ...args], { env })).stdout;
  expect(await nameOf([])).toContain("ani@");
  expect(await nameOf(["--context", "budi@surabaya"])).toContain("budi@");
  expect(await nameOf([], { RANAH_CONTEXT: "budi@surabaya" })).toContain("budi@");
  await user.run(["use", "budi@surabaya"]);
  expect(await nameOf([])).toContain("budi@");
  expect((await user.run(["logout"])).code).toBe(0);
  expect(existsSync(contextFile(user))).toBe(false);
  expect((await user.run(["whoami"])).code).toBe(77);
});

test("flags come before the environment, and the environment before the configuration", async () => {
  const user = new CliUser();
  await logIn(user, "budi");
  const citra = await newAccount(server, "citra");
  const env = accountEnv(server, citra);
  const nameOf = async (args: string[]) => (await user.run(["whoami", "--json", ...args], { env })).stdout;
  expect(await nameOf([])).toContain("citra@");
  expect(await nameOf(["--context", "budi@surabaya"])).toContain("budi@");
});

test("the token of a context never goes to another address", async () => {
  const user = new CliUser();
  await logIn(user);
  const { code, stderr } = await user.run(["whoami", "--url", `http://127.0.0.1:${server.url.port}`]);
  expect([code, stderr]).toEqual([77, expect.stringContaining("There is no token")]);
});

test("a failed login exits at once, keeps nothing and repeats no password", async () => {
  const user = new CliUser();
  const { code, stderr } = await user.run(["login", url(), "budi"], { input: "bukan-password\n" });
  expect([code, stderr]).toEqual([77, "ranah: Wrong user name or password\n"]);
  expect(existsSync(contextFile(user))).toBe(false);
  expect((await user.run(["login", url(), "budi"], { input: "dengan spasi\n" })).code).toBe(64);
});

test("a password comes from a command, and a command that fails ends the login", async () => {
  const user = new CliUser();
  const args = ["login", url(), "budi", "--password-command"];
  expect((await user.run([...args, `printf '${password}\\nlain\\n'`])).code).toBe(0);
  expect((await user.run([...args, "false"])).code).toBe(64);
  expect((await user.run([...args, "exec sleep 60", "--timeout", "300ms"])).code).toBe(64);
});

test("a standard input that stays open without a password does not hang", async () => {
  const user = new CliUser();
  const { child, ended } = user.start(["login", url(), "budi", "--timeout", "300ms", "chat"].slice(0, 5), {
    input: "",
  });
  child.stdin?.end();
  expect((await ended).code).toBe(64);
});

test("a password change reads both passwords from standard input", async () => {
  const user = new CliUser();
  await logIn(user, "ani");
  expect((await user.run(["passwd"], { input: `${password}\nrahasia-baru\n` })).code).toBe(0);
  expect((await user.run(["login", url(), "ani"], { input: "rahasia-baru\n" })).code).toBe(0);
});

test("no password and no token stands in the arguments of a process or in a file of the state", async () => {
  const user = new CliUser();
  const running = user.start(["login", url(), "budi", "--password-command", "cat /dev/stdin; sleep 1"], { input: "" });
  const seen = readFileSync(`/proc/${running.child.pid}/cmdline`, "utf8");
  await running.ended;
  expect(seen).not.toContain(password);
  await logIn(user);
  const token = JSON.parse(readFileSync(contextFile(user), "utf8")).token;
  await user.run(["follow", "--timeout", "100ms"]);
  for (const file of readdirSync(join(user.home, ".local/state"), { recursive: true, encoding: "utf8" })) {
    const path = join(user.home, ".local/state", file);
    if (statSync(path).isFile()) expect(readFileSync(path, "utf8")).not.toContain(token);
  }
});
