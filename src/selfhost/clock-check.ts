import { statSync } from "node:fs";
import { join } from "node:path";
import { limits } from "../limits.ts";
import { logWarning } from "../storage/log.ts";

/**
 * Logs that the clock must be wrong, if it is behind the files of this program. A machine without a clock chip starts in the year
 * of its last shutdown, or in 1970. The server serves all the same: the shards notice when the clock is corrected.
 */
export function checkClock(now: number): void {
  const installedAt = statSync(join(import.meta.dirname, "../../package.json")).mtimeMs;
  const behindMs = installedAt - now;
  if (behindMs <= limits.clockGapMaxMs) return;
  logWarning("clock-behind", { clock: new Date(now).toISOString(), behindSeconds: Math.round(behindMs / 1000) });
}
