import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exitWith } from "../dev/exit-with.ts";
import { acquireFolderLock } from "./folder-lock.ts";

/** A data folder that this process has locked. */
export interface DataFolder {
  /** The folder in which workerd stores each Durable Object as a SQLite file. */
  objects: string;
  /** The path of a generated server file. */
  path(file: string): string;
  /** Writes a generated server file. */
  write(file: string, text: string): void;
}

/**
 * Creates or opens a data folder and locks it, or ends the script. Only `objects` holds data. `server` holds generated files
 * and is deleted at each start, so an interrupted start needs no repair.
 */
export async function openDataFolder(data: string): Promise<DataFolder> {
  const server = join(data, "server");
  const objects = join(data, "objects");
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const otherPid = await acquireFolderLock(data);
    if (otherPid !== null) exitWith(`${data} is in use by process ${otherPid}.`);
    rmSync(server, { recursive: true, force: true });
    for (const folder of [server, objects]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    exitWith(`${data} cannot be used as a data folder: ${error instanceof Error ? error.message : error}`);
  }
  const path = (file: string) => join(server, file);
  return { objects, path, write: (file, text) => writeFileSync(path(file), text) };
}
