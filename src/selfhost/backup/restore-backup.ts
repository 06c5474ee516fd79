import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { extract } from "tar";
import { type BackupManifest, isShardPath, manifestFile, parseManifest } from "./manifest.ts";
import { verifyShard } from "./verify-shard.ts";

/**
 * Unpacks a backup into a data folder. The folder appears with its verified content or not at all.
 *
 * @param file the path of the backup
 * @param data the data folder; it must be empty, or there must be none
 * @throws with a sentence for the operator
 */
export async function restoreBackup(file: string, data: string): Promise<BackupManifest> {
  if (existsSync(data) && readdirSync(data).length > 0) {
    throw new Error(`${data} is not empty: a backup is only restored into an empty folder`);
  }
  mkdirSync(dirname(data), { recursive: true });
  const work = mkdtempSync(join(dirname(data), ".ranah-restore-"));
  try {
    await extract({ file, cwd: work, strict: true, filter: (path) => path === manifestFile || isShardPath(path) });
    const manifest = readManifest(join(work, manifestFile), file);
    for (const shard of manifest.shards) {
      const copy = join(work, shard.path);
      if (!existsSync(copy)) throw new Error(`${file} lacks ${shard.path}`);
      if (!isDeepStrictEqual(await verifyShard(copy, shard.path), shard)) {
        throw new Error(`${shard.path} is not what the backup's manifest says`);
      }
    }
    rmSync(join(work, manifestFile));
    if (existsSync(data)) {
      giveTo(work, statSync(data));
      rmdirSync(data);
    }
    renameSync(work, data);
    return manifest;
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
}

/** A restore by root leaves the data to the owner of the empty folder. Others own what they restore. */
function giveTo(folder: string, { uid, gid }: Stats): void {
  if (process.getuid?.() !== 0) return;
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((entry) => join(folder, entry));
  for (const entry of [folder, ...entries]) chownSync(entry, uid, gid);
}

function readManifest(path: string, backup: string): BackupManifest {
  try {
    return parseManifest(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`${backup} is no backup of this version of Ranah`, { cause });
  }
}
