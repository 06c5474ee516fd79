import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { caseTable } from "../../src/cli/check/case-table.ts";
import { errorsBeyondReach } from "../../src/cli/check/errors-beyond-reach.ts";
import { junitReport } from "../../src/cli/check/junit.ts";
import { errors } from "../../src/protocol/error-texts.ts";
import { Page } from "../protocol/page.ts";
import { CliUser, jsonLines } from "../support/cli.ts";
import { useServer } from "../support/test-server.ts";

describe("the table of cases", () => {
  test("has an id of its own for each case", () => {
    const ids = caseTable.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$/);
  });

  test("names sections that the protocol has", () => {
    const headings = [...new Page("src/protocol/README.md").text.matchAll(/^#{2,3} `?([^`\n]+)`?$/gm)].map(
      ([, name]) => name,
    );
    expect([...new Set(caseTable.map(({ section }) => section))].filter((name) => !headings.includes(name))).toEqual(
      [],
    );
  });

  test("has a case for every error, or a reason why there is none", () => {
    const sources = globSync("src/cli/check/cases/*.ts").map((file) => readFileSync(file, "utf8"));
    const named = (code: string) => sources.some((text) => new RegExp(`(?:"|error\\.)${code}"`).test(text));
    const codes = Object.keys(errors);
    expect(codes.filter((code) => named(code) === Object.hasOwn(errorsBeyondReach, code))).toEqual([]);
  });
});

describe("a run", () => {
  const server = useServer();
  const user = new CliUser();
  let url: string;

  beforeAll(() => {
    url = `http://surabaya.localhost:${server.url.port}`;
  });

  test("prints a line for each case, and a report for build servers", async () => {
    const report = join(user.home, "report.xml");
    const { code, stdout } = await user.run(["check", url, "--only", "seed.,tcp.", "--junit", report]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {3}seed\.unknown-command: .+$/m);
    expect(stdout).toMatch(/^skip tcp\.ascii: .+\n {7}needs plain TCP \(Reply\)$/m);
    expect(stdout).toMatch(/\d+ passed, 0 failed, 4 skipped\n$/);
    expect(readFileSync(report, "utf8")).toMatch(
      /<testsuite name="ranah check [^"]+" tests="\d+" failures="0" skipped="4"/,
    );
  });

  test("with --level seed runs the seed alone, and --list runs nothing", async () => {
    const { stdout } = await user.run(["check", url, "--level", "seed", "--json"]);
    const results = jsonLines(stdout).slice(0, -1);
    expect(new Set(results.map(({ id }) => String(id).split(".")[0]))).toEqual(new Set(["seed", "tcp"]));
    const listed = await user.run(["check", "--list", "--json"]);
    expect(jsonLines(listed.stdout)).toHaveLength(caseTable.length);
  });

  test("fails with 69 at a server that breaks a promise", async () => {
    // This server has the realm surabaya under both names, so nothing crosses between two realms.
    const { code, stdout } = await user.run(["check", url, url, "--only", "realms.documents", "--json"]);
    expect([code, jsonLines(stdout)[0]]).toMatchObject([
      69,
      { state: "failed", reason: expect.stringContaining("names") },
    ]);
  });

  test("a report is well-formed XML whatever a server has answered", () => {
    const [testCase] = caseTable;
    if (!testCase) throw new Error("there is no case");
    const xml = junitReport("http://x/?a&b", [{ testCase, state: "failed", reason: '<&"\u0000\u001b\ud800>', ms: 5 }]);
    expect(xml).toContain("&#60;&#38;&#34;\ufffd\ufffd\ufffd&#62;");
    expect(xml).toContain("http://x/?a&#38;b");
  });
});
