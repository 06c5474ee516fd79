import { existsSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { descendantsOf } from "./processes.ts";
import { hibernates } from "./test-server.ts";

/** Resident memory of the runtime's processes in bytes, or null on a system without /proc. */
export function residentBytes(): number | null {
  if (!existsSync("/proc/self/status")) return null;
  const statuses = descendantsOf(process.pid).map(statusOf);
  // wrangler has processes of its own beside its runtime.
  const runtimes = statuses.filter((status) => !hibernates || /^Name:\s+workerd$/m.test(status));
  expect(runtimes.length).toBeGreaterThan(0);
  return runtimes.reduce((sum, status) => sum + 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0), 0);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    // The process has ended since it was listed.
    return "";
  }
}

export const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
