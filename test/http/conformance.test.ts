import { afterAll, beforeAll, expect, test } from "vitest";
import { caseTable } from "../../src/cli/check/case-table.ts";
import { CheckRun } from "../../src/cli/check/check-run.ts";
import { failureOf, missingNeed } from "../../src/cli/check/run-cases.ts";
import { jakartaHost, surabayaHost, useServer } from "../support/test-server.ts";

/** The cases of `ranah check`, as anybody runs them against a server of their own. */
const server = useServer();
let check: CheckRun;

beforeAll(() => {
  const realm = (host: string) => new URL(`http://${host}:${server.url.port}`);
  check = new CheckRun(realm(surabayaHost), realm(jakartaHost));
});
afterAll(() => check.close());

test.for(caseTable)("$id: $proves", { timeout: 120_000 }, async (testCase, { skip }) => {
  if (missingNeed(check, testCase) !== null) return skip();
  expect(await failureOf(check, testCase)).toBeNull();
});
