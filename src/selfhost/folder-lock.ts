import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/** Its name is none of a realm, which has a folder beside it. */
export const lockFile = ".holder.sqlite";

/** Milliseconds to wait for a lock holder that is just stopping. */
const graceMs = 1_000;

/**
 * Locks a data folder for this process. The lock names its holder by process id and start time, because a system reuses ids.
 * The lock of a process that has exited, even by a kill, no longer counts.
 *
 * @returns null if this process has the lock, or else the id of the process that has it
 */
export async function acquireFolderLock(data: string): Promise<number | null> {
  const database = new DatabaseSync(join(data, lockFile), { timeout: 5_000 });
  try {
    for (const since = performance.now(); ; await sleep(100)) {
      const otherPid = tryLock(database);
      if (otherPid === null || performance.now() - since > graceMs) return otherPid;
    }
  } finally {
    database.close();
  }
}

/** One SQLite write transaction: two concurrent starts exclude each other, and a killed start leaves no half-written lock. */
function tryLock(database: DatabaseSync): number | null {
  database.exec("begin immediate; create table if not exists lock (pid integer not null, start_time text not null)");
  const holder = database.prepare("select pid, start_time as startTime from lock").get() as
    | { pid: number; startTime: string }
    | undefined;
  const isHeld = holder !== undefined && processStartTime(holder.pid) === holder.startTime;
  if (!isHeld) {
    database.exec("delete from lock");
    database.prepare("insert into lock values (?, ?)").run(process.pid, processStartTime(process.pid) ?? "unknown");
  }
  database.exec("commit");
  return isHeld && holder.pid !== process.pid ? holder.pid : null;
}

/** When a process started, as the system reports it; null if there is no such process. Texts are only compared. */
function processStartTime(pid: number): string | null {
  try {
    if (process.platform !== "linux") return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)]).toString();
    // proc_pid_stat(5): field 2 is the name in parentheses, which may hold any character. Field 22 is the start time in clock
    // ticks since boot, so the boot id belongs to it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${ticks}`;
  } catch {
    return null;
  }
}
