import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { commandTable } from "../../src/cli/command-table.ts";
import { CliUser, ranah } from "../support/cli.ts";

const user = new CliUser();

beforeAll(() => {
  // Completion asks `ranah` itself for the names of contexts.
  const folder = join(user.home, "bin");
  mkdirSync(folder);
  symlinkSync(ranah, join(folder, "ranah"));
  user.env = { ...user.env, PATH: `${folder}:${user.env.PATH}` };
  const contexts = join(user.home, ".config/ranah/contexts");
  mkdirSync(contexts, { recursive: true });
  for (const name of ["budi@surabaya", "kantor"]) {
    const content = JSON.stringify({ url: "https://surabaya.example", user: "budi@surabaya", token: "rnh_budi_x" });
    execFileSync("/bin/sh", ["-c", 'umask 077; printf %s "$1" > "$2"', "sh", content, join(contexts, `${name}.json`)]);
  }
});

function shell(program: string, args: string[]): string {
  return execFileSync(program, args, { env: user.env, encoding: "utf8" });
}

/** What bash would offer for the last word of a line. */
function bashOffers(line: string): string[] {
  const script = `eval "$(ranah completion bash)"; COMP_WORDS=(${line}); [[ "$0" == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _ranah; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return shell("bash", ["--norc", "-c", script, line])
    .split("\n")
    .filter((word) => word !== "");
}

describe("bash completes", () => {
  test.for([
    ["ranah sen", ["send", "sent"]],
    ["ranah --context ", ["budi@surabaya", "kantor"]],
    ["ranah -c kantor sen", ["send", "sent"]],
    ["ranah use ", ["budi@surabaya", "kantor"]],
    ["ranah send --k", ["--key"]],
    ["ranah create --mode ", ["open", "private"]],
    ["ranah completion ", ["bash", "zsh", "fish"]],
    ["ranah --ver", ["--verbose", "--version"]],
  ] as const)("%j", ([line, expected]) => {
    expect(bashOffers(line)).toEqual(expected);
  });

  test("every command", () => {
    expect(bashOffers("ranah ")).toEqual(expect.arrayContaining(commandTable().map(({ name }) => name)));
  });
});

const has = (program: string) => {
  try {
    execFileSync(program, ["--version"]);
    return true;
  } catch {
    return false;
  }
};

test.skipIf(!has("fish"))("fish completes commands, options, values and contexts", () => {
  const offers = (line: string) =>
    shell("fish", ["--no-config", "-c", `ranah completion fish | source; complete -C '${line}'`])
      .split("\n")
      .map((row) => row.split("\t")[0]);
  expect(offers("ranah se")).toEqual(expect.arrayContaining(["send", "sent", "sessions"]));
  expect(offers("ranah send --k")).toContain("--key");
  expect(offers("ranah create --mode ")).toEqual(expect.arrayContaining(["open", "private"]));
  expect(offers("ranah use ")).toEqual(expect.arrayContaining(["budi@surabaya", "kantor"]));
});

test.skipIf(!has("zsh"))("zsh loads the completion", () => {
  const script = 'autoload -U compinit; compinit -u -D; eval "$(ranah completion zsh)"; print -r -- $_comps[ranah]';
  expect(shell("zsh", ["-f", "-c", script])).toBe("_ranah\n");
});

test.skipIf(!has("groff"))("the manual page has every command, and the formatter no complaint", () => {
  for (const language of ["en", "id"]) {
    const page = execFileSync(process.execPath, [ranah, "man"], {
      env: { ...user.env, LANG: language },
      encoding: "utf8",
    });
    const complaints = shell("/bin/sh", ["-c", `${ranah} man | groff -man -ww -Tutf8 -K utf8 2>&1 >/dev/null`]);
    expect(complaints).toBe("");
    const shown = execFileSync("groff", ["-man", "-Tutf8", "-K", "utf8", "-P-cbou"], { input: page, encoding: "utf8" });
    for (const { name } of commandTable()) expect(shown).toContain(`ranah ${name}`);
  }
});
