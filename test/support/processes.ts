import { readdirSync, readFileSync } from "node:fs";

interface ProcessStat {
  pid: number;
  state: string;
  parent: number;
  group: number;
  cpuMs: number;
}

/** The running processes of a group. A zombie holds no resources and is left out. */
export function groupMembers(group: number): number[] {
  return allProcesses()
    .filter((process) => process.group === group && process.state !== "Z")
    .map(({ pid }) => pid);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** All descendants of a process, at any depth. */
export function descendantsOf(pid: number): number[] {
  const all = allProcesses();
  const below = (parent: number): number[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process.pid, ...below(process.pid)]);
  return below(pid);
}

/** Resource use of a process: processor time since its start; memory and open handles now. */
export function processUsage(pid: number): { cpuMs: number; residentMb: number; handles: number } {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuMs: statOf(pid).cpuMs,
    residentMb: Number(resident) / 1024,
    handles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function allProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return [statOf(Number(pid))];
      } catch {
        // The process has exited since the directory was read.
        return [];
      }
    });
}

/** Parses proc_pid_stat(5). The process name stands in parentheses and may contain any character. */
function statOf(pid: number): ProcessStat {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, group] = fields;
  // A clock tick is 10 ms on every Linux.
  const cpuMs = 10 * (Number(fields[11]) + Number(fields[12]));
  return { pid, state, parent: Number(parent), group: Number(group), cpuMs };
}
