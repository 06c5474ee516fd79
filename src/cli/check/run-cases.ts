import { limits } from "../../limits.ts";
import { caseTable } from "./case-table.ts";
import type { CheckCase } from "./check-case.ts";
import type { CheckRun } from "./check-run.ts";
import { CheckFailure } from "./expectations.ts";

export interface CaseResult {
  testCase: CheckCase;
  state: "passed" | "failed" | "skipped";
  /** Why it failed, or what it would need. */
  reason: string | null;
  ms: number;
}

export interface Selection {
  level: "seed" | "full";
  /** Ids start with one of these; none: all. */
  only: readonly string[];
}

export function selectCases({ level, only }: Selection): CheckCase[] {
  return caseTable.filter(
    (each) =>
      (level === "full" || each.level === "seed") && (only.length === 0 || only.some((id) => each.id.startsWith(id))),
  );
}

/** Runs cases one after another, because they share accounts. */
export async function* runCases(check: CheckRun, cases: readonly CheckCase[]): AsyncGenerator<CaseResult> {
  for (const testCase of cases) {
    const since = performance.now();
    const missing = missingNeed(check, testCase);
    const reason = missing ?? (await failureOf(check, testCase));
    const state = missing !== null ? "skipped" : reason === null ? "passed" : "failed";
    yield { testCase, state, reason, ms: Math.round(performance.now() - since) };
  }
}

export function missingNeed(check: CheckRun, { needs }: CheckCase): string | null {
  if (needs.includes("http") && check.isTcp) return "needs HTTP";
  if (needs.includes("tcp") && !check.isTcp) return "needs plain TCP";
  if (needs.includes("second") && check.second === null) return "needs a second realm";
  return null;
}

/** @returns null if the case has passed */
export async function failureOf(check: CheckRun, testCase: CheckCase): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CheckFailure("the case takes too long")), limits.checkCaseMs);
  });
  try {
    await Promise.race([testCase.run(check), late]);
    return null;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
