import { writeFileSync } from "node:fs";
import { CheckRun } from "../check/check-run.ts";
import { junitReport } from "../check/junit.ts";
import { type CaseResult, runCases, selectCases } from "../check/run-cases.ts";
import { CliError } from "../cli-error.ts";
import type { CommandSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { visibleLine } from "../output/visible-text.ts";
import { fileError } from "../session/private-file.ts";
import { parseOrigin } from "../session/realm-access.ts";

export const checkCommand: CommandSpec = {
  name: "check",
  section: "tools",
  purpose: ["menguji apakah sebuah server menepati protokol", "test whether a server keeps the protocol"],
  arguments: [
    { name: ["url", "url"], required: false },
    { name: ["url kedua", "second url"], required: false },
  ],
  options: [
    {
      name: "level",
      kind: "text",
      value: ["TINGKAT", "LEVEL"],
      choices: ["seed", "full"],
      purpose: ["seed: hanya janji tujuh command pertama", "seed: only what the first seven commands promise"],
    },
    {
      name: "only",
      kind: "text",
      value: ["ID,…", "ID,…"],
      purpose: ["hanya kasus yang id-nya diawali ini", "only cases whose id starts with this"],
    },
    { name: "list", kind: "flag", purpose: ["daftar kasus, tanpa menguji", "list the cases and test nothing"] },
    {
      name: "junit",
      kind: "text",
      value: ["FILE", "FILE"],
      purpose: ["laporan JUnit ke file ini", "write a JUnit report to this file"],
    },
  ],
  remarks: [
    "URL adalah http://, https:// atau tcp://HOST:PORT. Akun buangan cek-… didaftarkan, dan sesinya diakhiri. Dengan URL kedua juga pertukaran antar-realm.",
    "A URL is http://, https:// or tcp://HOST:PORT. Throw-away accounts cek-… are registered, and their sessions ended. A second URL adds the exchange between realms.",
  ],
  examples: [
    { line: "ranah check https://surabaya.example", purpose: ["server mana pun", "any server"] },
    {
      line: "ranah check tcp://127.0.0.1:8889 --level seed",
      purpose: ["implementasi lain lewat TCP", "another implementation over TCP"],
    },
    {
      line: "ranah check https://surabaya.example https://jakarta.example --junit laporan.xml",
      purpose: ["dua realm", "two realms"],
    },
  ],
  finishesOnSignal: true,
  run: runCheck,
};

async function runCheck(invocation: Invocation): Promise<number> {
  const level = invocation.text("level") === "seed" ? "seed" : "full";
  const only = invocation.text("only")?.split(",") ?? [];
  const cases = selectCases({ level, only });
  if (invocation.flag("list")) {
    const rows = cases.map(({ id, proves, section, level: of, needs }) => ({
      id,
      level: of,
      section,
      needs: needs.join(" "),
      proves,
    }));
    await invocation.printer.result(rows);
    return exitCodes.done;
  }
  const [first, second] = invocation.args.map((text) => parseOrigin(text, ["http:", "https:", "tcp:"]));
  if (first === undefined) throw new CliError(exitCodes.usage, "usage", ["check memerlukan URL", "check needs a URL"]);

  const check = new CheckRun(first, second ?? null);
  const results: CaseResult[] = [];
  try {
    for await (const result of runCases(check, cases)) {
      results.push(result);
      await print(invocation, result);
      if (invocation.stop.aborted) break;
    }
  } finally {
    await check.close();
  }
  const file = invocation.text("junit");
  if (file !== undefined) writeReport(file, junitReport(first.href, results));
  const count = (state: CaseResult["state"]) => results.filter((result) => result.state === state).length;
  const counts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
  await invocation.printer.say(
    ["{passed} lulus, {failed} gagal, {skipped} dilewati", "{passed} passed, {failed} failed, {skipped} skipped"],
    counts,
    counts,
  );
  return counts.failed === 0 && counts.passed > 0 ? exitCodes.done : exitCodes.failed;
}

async function print({ printer }: Invocation, { testCase, state, reason, ms }: CaseResult): Promise<void> {
  const { id, proves, section } = testCase;
  if (printer.deps.json) return printer.write(`${JSON.stringify({ id, state, reason, ms, section, proves })}\n`);
  const mark = { passed: printer.colour(32, "ok  "), failed: printer.colour(31, "FAIL"), skipped: "skip" }[state];
  const detail = reason === null ? "" : `\n       ${visibleLine(reason)} (${section})`;
  await printer.write(`${mark} ${id}: ${proves}${detail}\n`);
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw fileError(path, error);
  }
}
