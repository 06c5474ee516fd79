import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { refuse } from "../dev/exit-with.ts";
import { holderOf } from "./folder-lock.ts";

/** A data folder that belongs to this process. */
export interface Folder {
  /** Where the objects lie, each a file of SQLite. */
  objects: string;
  /** The path of a file of the server. */
  path(file: string): string;
  write(file: string, text: string): void;
}

/**
 * Makes or opens a data folder, or ends the script. `objects` is all that has to be kept; `server` is what one start
 * was built from, and the next start builds it anew: a start that was interrupted leaves nothing to be mended.
 */
export async function openFolder(data: string): Promise<Folder> {
  const server = join(data, "server");
  const objects = join(data, "objects");
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const holder = await holderOf(data);
    if (holder !== process.pid) refuse(`${data} is in use: process ${holder} serves it.`);
    rmSync(server, { recursive: true, force: true });
    for (const folder of [server, objects]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    refuse(`${data} cannot be used as a data folder: ${error instanceof Error ? error.message : error}`);
  }
  const path = (file: string) => join(server, file);
  return { objects, path, write: (file, text) => writeFileSync(path(file), text) };
}
