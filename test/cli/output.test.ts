import { execFileSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { visibleBlock, visibleLine } from "../../src/cli/output/visible-text.ts";
import { accountEnv, CliUser, jsonLines, ranah } from "../support/cli.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const user = new CliUser();
let budi: NewAccount;
const hostile = "\u001b[2J\u202ekepada\u0007 é 😀\nani@jakarta: palsu";

beforeAll(async () => {
  budi = await newAccount(server, "budi");
  user.env = { ...user.env, ...accountEnv(server, budi) };
  await budi.command(`sendprivate budi ${hostile}`);
});

/** Runs a command on a terminal of its own (script(1)). */
function onTerminal(line: string, env: Record<string, string> = {}): string {
  const command = `${process.execPath} ${ranah} ${line}`;
  return execFileSync("script", ["-qec", command, "/dev/null"], {
    env: { ...user.env, TERM: "xterm", ...env },
    encoding: "utf8",
    input: "",
  }).replaceAll("\r\n", "\n");
}

test("a terminal shows control characters and sets further lines off; a pipe gets the text verbatim", async () => {
  const shown = onTerminal("inbox", { NO_COLOR: "1" });
  expect(shown).toContain("budi@surabaya: \\u{001b}[2J\\u{202e}kepada\\u{0007} é 😀\n    | ani@jakarta: palsu\n");
  const { stdout } = await user.run(["inbox"]);
  expect(stdout).toMatch(/^1\t\S+\tbudi@surabaya\t/);
  expect(stdout).toContain(`\t${hostile}\n`);
});

test("colour is for terminals that want it", async () => {
  expect(onTerminal("inbox")).toContain("\u001b[36m");
  expect(onTerminal("inbox", { NO_COLOR: "1" })).not.toContain("\u001b[");
  expect(onTerminal("inbox", { TERM: "dumb" })).not.toContain("\u001b[");
  expect((await user.run(["contexts"])).stdout).not.toContain("\u001b[");
});

test("--json writes one object a line, for results, sentences and errors", async () => {
  const inbox = await user.run(["inbox", "--json"]);
  expect(jsonLines(inbox.stdout)).toMatchObject([{ id: 1, from: "budi@surabaya", text: hostile }]);
  const created = await user.run(["create", "tim", "--json"]);
  expect(jsonLines(created.stdout)).toEqual([{ status: "OK", data: "Group tim is created" }]);
  const again = await user.run(["create", "tim", "--json"]);
  expect([again.stdout, ...jsonLines(again.stderr)]).toEqual([
    "",
    { status: "ERROR", error: "group-exists", data: "The group tim exists already" },
  ]);
  expect(jsonLines((await user.run(["--json", "tak-ada"])).stderr)).toMatchObject([{ error: "usage" }]);
});

test.for([
  [{ LANG: "id_ID.UTF-8" }, "Tidak ada group"],
  [{ LANG: "en_US.UTF-8" }, "There is no group"],
  [{ LANG: "id_ID.UTF-8", LC_ALL: "C" }, "There is no group"],
  [{ LANG: "C", LC_MESSAGES: "id" }, "Tidak ada group"],
] as const)("the locale %j chooses the language of the program and of the server", async ([env, text]) => {
  const language = text.startsWith("Tidak") ? "id" : "en";
  const { stderr } = await user.run(["members", "tak-ada"], { env });
  expect(stderr).toBe(
    language === "id" ? "ranah: Group tak-ada@surabaya tidak ada\n" : "ranah: There is no group tak-ada@surabaya\n",
  );
  expect((await user.run(["--help"], { env })).stdout).toContain(language === "id" ? "Kode keluar:" : "Exit codes:");
});

test("help stands at every level, with examples, in both languages", async () => {
  for (const [locale, heading] of [
    ["id_ID", "Contoh:"],
    ["en_US", "Examples:"],
  ] as const) {
    const { stdout } = await user.run(["help", "send"], { env: { LANG: locale } });
    expect(stdout).toContain(heading);
    expect(stdout).toContain("ranah send --wait=2m --key invoice-7");
  }
});

test("text of others cannot begin a line or hide", () => {
  expect(visibleLine("a\nb\u0000\u2066\u200b\ufeff\ud800")).toBe("a\\nb\\u{0000}\\u{2066}\\u{200b}\\u{feff}\\u{d800}");
  expect(visibleBlock("a\n\nb")).toBe("a\n    | \n    | b");
  // Joiners belong to scripts and emoji.
  expect(visibleLine("👩‍👩‍👧 नि‌ष")).toBe("👩‍👩‍👧 नि‌ष");
});
