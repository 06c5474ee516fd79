import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a holder that was just told to end may take. */
const graceMs = 1_000;

/**
 * Makes this process the holder of a data folder, unless a living one holds it already. The name of the holder stays
 * behind when it is killed, and stands in nobody's way then: a process is known by its id and the moment of its birth,
 * which it keeps when it becomes workerd.
 *
 * @returns the id of the process that holds the folder now
 */
export async function holderOf(data: string): Promise<number> {
  const database = new DatabaseSync(join(data, "holder.sqlite"), { timeout: 5_000 });
  try {
    for (const since = Date.now(); ; await sleep(100)) {
      const holder = claim(database);
      if (holder === process.pid || Date.now() - since > graceMs) return holder;
    }
  } finally {
    database.close();
  }
}

/** SQLite lets one look and write at a time, and forgets a write that was cut off. */
function claim(database: DatabaseSync): number {
  database.exec("begin immediate; create table if not exists holder (pid integer not null, born text not null)");
  const holder = database.prepare("select pid, born from holder").get() as { pid: number; born: string } | undefined;
  const isHeld = holder !== undefined && birthOf(holder.pid) === holder.born;
  if (!isHeld) {
    database.exec("delete from holder");
    database.prepare("insert into holder values (?, ?)").run(process.pid, birthOf(process.pid) ?? "unknown");
  }
  database.exec("commit");
  return isHeld ? holder.pid : process.pid;
}

/** When a process was born, in whatever form the system says it; null: there is none. */
function birthOf(pid: number): string | null {
  try {
    if (process.platform !== "linux") return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)]).toString();
    // The name stands in parentheses and may hold anything; the 22nd field counts from the system's own start.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${started}`;
  } catch {
    return null;
  }
}
