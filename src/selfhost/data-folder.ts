import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { exitWith } from "../dev/exit-with.ts";
import { acquireFolderLock } from "./folder-lock.ts";

/** Creates or opens a data folder and locks it for this process, or ends the script. */
export async function openDataFolder(data: string): Promise<void> {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const { mode } = statSync(data);
    if (mode & 0o077) exitWith(openToOthers(data, mode));
    if (["ranah-realm", "ranah-realm-shard"].some((name) => existsSync(join(data, "objects", name))))
      exitWith(oldFormat(data));
    const otherPid = await acquireFolderLock(data);
    if (otherPid !== null) exitWith(`${data} is in use by process ${otherPid}.`);
  } catch (error) {
    exitWith(`${data} cannot be used as a data folder: ${error instanceof Error ? error.message : error}`);
  }
}

/** The databases hold all messages, and the signing key. An existing folder keeps its mode, which its owner may want. */
function openToOthers(data: string, mode: number): string {
  const octal = (mode & 0o777).toString(8);
  return `${data} is open to other users of this machine (mode ${octal}). It has all messages: run chmod 700 '${data.replaceAll("'", "'\\''")}'`;
}

/** Builds before 0.1.0 ran on workerd, which keeps the databases of Durable Objects under names that only it can map to shards. */
function oldFormat(data: string): string {
  return `${data} was written by an earlier version, which ran on workerd, and cannot be read: choose another folder.`;
}
