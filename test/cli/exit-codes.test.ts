import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { ArgumentSpec } from "../../src/cli/command-spec.ts";
import { commandTable } from "../../src/cli/command-table.ts";
import { exitCodeOfError, exitCodes } from "../../src/cli/exit-codes.ts";
import { type ErrorCode, errors } from "../../src/protocol/error-texts.ts";
import { accountEnv, CliUser } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { setPassword } from "../support/session.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer({ OPERATOR_TOKEN: "hanya-untuk-pengujian" });
const user = new CliUser();
let budi: NewAccount;
let ani: NewAccount;
let deadUrl: string;

beforeAll(async () => {
  [budi, ani] = [await newAccount(server, "budi"), await newAccount(server, "ani", "jakarta")];
  await setPassword(server, "budi", "rahasia-budi");
  await budi.command("creategroup tim");
  await budi.command("sendprivate key=kunci ani@jakarta halo");
  await budi.command("sendprivate key=hilang siti hai");
  await ani.command("sendprivate budi@surabaya hai");
  deadUrl = `http://127.0.0.1:${await freePort()}`;
});

type Row = [line: string, code: number, input?: string];

/** Every command with its exit codes, as a logged-in account. */
const asBudi: Row[] = [
  ["send ani@jakarta halo", 0],
  ["send --wait ani@jakarta halo", 0],
  ["send ani@jakarta", 0, "dari pipa\n"],
  ["send ani@jakarta", 64, ""],
  ["send ani@jakarta", 64, "\n"],
  ["send", 64],
  ["send ani@ halo", 64],
  ["send --key a=b ani@jakarta halo", 64],
  ["send siti halo", 69],
  ["send ani@bandung halo", 69],
  ["send --key kunci ani@jakarta lain", 69],
  ["send --group tim halo", 0],
  ["send --group tak-ada halo", 69],
  ["inbox", 0],
  ["inbox --new", 0],
  ["inbox --last 1", 0],
  ["inbox --last 0", 64],
  ["inbox --last x", 64],
  ["inbox --group tim", 0],
  ["inbox --group tak-ada", 69],
  ["follow --timeout 100ms", 0],
  ["follow --once --timeout 100ms", 69],
  ["follow --group tak-ada", 69],
  ["follow --once --after 0", 0],
  ["follow --once --after 0 --exec true", 0],
  ["follow --once --after 0 --exec false", 69],
  ["reply", 64],
  ["reply --once --after 0 --exec false", 69],
  ["reply --once --after 0 --exec true", 0],
  ["chat", 0, ""],
  ["sent", 0],
  ["status kunci", 0],
  ["status hilang", 69],
  ["status tak-ada", 69],
  ["threads", 0],
  ["thread ani@jakarta", 0],
  ["thread ani@", 64],
  ["read --kind private ani@jakarta 1", 0],
  ["read ani@jakarta x", 64],
  ["create tim", 69],
  ["create --mode secret dewan", 64],
  ["create rapat", 0],
  ["join tim", 0],
  ["join tak-ada", 69],
  ["leave tak-ada", 69],
  ["groups", 0],
  ["members tim", 0],
  ["members", 64],
  ["members tim lagi", 64],
  ["invite tim ani@jakarta", 0],
  ["kick tim siti", 69],
  ["whoami", 0],
  ["sessions", 0],
  ["block jahat@jakarta", 0],
  ["block a@b@c", 64],
  ["setting --requests on", 0],
  ["setting --requests ya", 64],
  ["requests", 0],
  ["accept baru@jakarta", 69],
  ["report 1", 0],
  ["report x", 64],
  ["blocks", 0],
  ["unblock jahat@jakarta", 0],
  ["unblock jahat@jakarta", 69],
  ["token-new --label ci --scope send --to ani --expires 90d", 0],
  ["token-new --label ci", 69],
  ["token-new --scope write", 64],
  ["tokens", 0],
  ["token-revoke ci", 0],
  ["token-revoke ci", 69],
  ["realms", 0],
  ["unregister", 77, "bukan-yang-benar\n"],
  ["passwd", 64, ""],
  ["passwd", 77, "bukan-yang-lama\nrahasia-baru\n"],
  ["command whoami", 0],
  ["command halo", 64],
  ["command auth budi rahasia", 64],
  ["contexts", 0],
  ["use tak-ada", 64],
  ["completion bash", 0],
  ["completion tcsh", 64],
  ["man", 0],
  ["bridge --to ::", 64],
  ["check", 64],
  ["check --list", 0],
  ["help", 0],
  ["--version", 0],
  ["send --help", 0],
  ["tak-ada", 64],
  ["whoami --tak-ada", 64],
  ["--timeout soon whoami", 64],
  ["--context tak-ada whoami", 64],
  ["--url ftp://x whoami", 64],
  ["--url http://budi:rahasia@x whoami", 64],
];

/** Operator commands refuse the token of a session, also those that later versions add. */
const ofOperators = commandTable()
  .filter(({ section }) => section === "operator")
  .map((spec): Row => [[spec.name, ...spec.arguments.map(argumentOf)].join(" "), 77]);

function argumentOf({ name: [, label] }: ArgumentSpec): string {
  return label === "0 to 3" ? "1" : "jakarta";
}

describe("with a session", () => {
  test.for([...asBudi, ...ofOperators])("%s exits with %i", async ([line, code, input]) => {
    const result = await user.run(line.split(" "), {
      env: accountEnv(server, budi),
      ...(input !== undefined && { input }),
    });
    expect({ ...result, code: result.code }).toMatchObject({ code });
    // An error says what is wrong, on standard error only. `status` prints the state.
    if (code !== 0 && result.stdout === "") expect(result.stderr).toMatch(/^ranah: ./m);
    expect(result.stderr).not.toContain(budi.token);
  });

  test("every command has a row", () => {
    const tested = new Set([...asBudi, ...ofOperators].map(([line]) => line.split(" ")[0]));
    const others = new Set(["login", "register", "logout"]);
    expect(commandTable().filter(({ name }) => !tested.has(name) && !others.has(name))).toEqual([]);
  });
});

test.for(["send ani halo", "inbox", "follow", "reply --exec cat", "whoami", "logout", "passwd", "chat"])(
  "%s without a login exits with 77",
  async (line) => {
    expect((await new CliUser().run(line.split(" "), { input: "a\nb\n" })).code).toBe(77);
  },
);

test("a token that no session has exits with 77, also where a socket would be opened", async () => {
  const env = accountEnv(server, { ...budi, token: `rnh_budi_${"A".repeat(43)}` });
  for (const line of ["send ani halo", "inbox", "follow", "chat"]) {
    expect((await user.run(line.split(" "), { env })).code, line).toBe(77);
  }
});

test("a server that cannot be reached exits with 69 within the time-out", async () => {
  const env = { ...accountEnv(server, budi), RANAH_URL: deadUrl };
  for (const line of ["send ani halo", "inbox", "follow", "check --only seed.terminator"]) {
    const args = line.startsWith("check") ? [...line.split(" "), deadUrl] : [...line.split(" "), "--timeout", "500ms"];
    expect((await user.run(args, { env })).code, line).toBe(69);
  }
});

test("register, login and logout exit with 0, and a second register with 69", async () => {
  const url = `http://surabaya.localhost:${server.url.port}`;
  const dewi = new CliUser();
  const input = "rahasia-sekali\n";
  expect((await dewi.run(["register", url, "dewi"], { input })).code).toBe(0);
  expect((await dewi.run(["register", url, "dewi"], { input })).code).toBe(69);
  expect((await dewi.run(["login", url, "dewi"], { input })).code).toBe(0);
  expect((await dewi.run(["logout"])).code).toBe(0);
  expect((await dewi.run(["whoami"])).code).toBe(77);
});

test("every error of the protocol has one of the documented codes", () => {
  const documented = new Set<number>(Object.values(exitCodes));
  for (const [error, [status]] of Object.entries(errors)) {
    const code = exitCodeOfError(error as ErrorCode, status);
    expect(documented.has(code) && code !== exitCodes.done, error).toBe(true);
  }
  const page = readFileSync("src/cli/README.md", "utf8");
  for (const code of documented) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
});
