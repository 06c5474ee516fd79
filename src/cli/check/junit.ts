import type { CaseResult } from "./run-cases.ts";

/** The results in the format of JUnit, which most build servers read. */
export function junitReport(url: string, results: readonly CaseResult[]): string {
  const count = (state: CaseResult["state"]) => results.filter((result) => result.state === state).length;
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const total = results.reduce((sum, { ms }) => sum + ms, 0);
  const cases = results.map(({ testCase, state, reason, ms }) => {
    const detail = {
      passed: "",
      skipped: `<skipped message="${xml(reason ?? "")}"/>`,
      failed: `<failure message="${xml(reason ?? "")}"/>`,
    }[state];
    return `    <testcase classname="${xml(testCase.section)}" name="${xml(`${testCase.id}: ${testCase.proves}`)}" time="${seconds(ms)}">${detail}</testcase>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="ranah check ${xml(url)}" tests="${results.length}" failures="${count("failed")}" skipped="${count("skipped")}" time="${seconds(total)}">
${cases.join("")}  </testsuite>
</testsuites>
`;
}

/** XML has no way to write most control characters. */
function xml(text: string): string {
  return text
    .replace(/(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, "\ufffd")
    .replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
