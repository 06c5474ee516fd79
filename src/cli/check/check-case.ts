import type { CheckRun } from "./check-run.ts";

/** What a case needs beside one realm. `http`: headers and paths, so not plain TCP. `second`: another realm that knows the first. */
export type Need = "http" | "tcp" | "second";

/** One promise of the protocol, tested from outside. */
export interface CheckCase {
  /** Stable: reports of different days can be compared. */
  id: string;
  /** What the case proves, as a sentence about the server. */
  proves: string;
  /** A heading of the protocol document. */
  section: string;
  /** `seed`: what the seven first commands promise to every implementation. */
  level: "seed" | "full";
  needs: readonly Need[];
  run(check: CheckRun): Promise<void>;
}

type Shorthand = [id: string, proves: string, run: CheckCase["run"]];

/** Cases of one section. */
export function casesOf(
  section: string,
  { level = "full", needs = [] }: { level?: CheckCase["level"]; needs?: readonly Need[] },
  rows: readonly Shorthand[],
): CheckCase[] {
  return rows.map(([id, proves, run]) => ({ id, proves, section, level, needs, run }));
}
