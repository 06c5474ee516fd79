import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { create } from "tar";
import { limits } from "../../limits.ts";
import { openConsistentReaders } from "./consistent-readers.ts";
import { type BackupManifest, isShardPath, manifestFile, type ShardEntry } from "./manifest.ts";
import { verifyShard } from "./verify-shard.ts";

/**
 * Copies all shards of a data folder, as they are at one moment, into a tar file. A server may run on the folder meanwhile. Each
 * copy is verified before the file gets its name.
 *
 * @param data the data folder
 * @param file the path of the backup; there must be none yet
 * @throws with a sentence for the operator
 */
export async function createBackup(data: string, file: string): Promise<BackupManifest> {
  const paths = readdirSync(data, { recursive: true, encoding: "utf8" }).filter(isShardPath).sort();
  if (paths.length === 0) throw new Error(`${data} has no realm`);
  if (!existsSync(dirname(file))) throw new Error(`there is no folder ${dirname(file)}`);
  const work = mkdtempSync(join(dirname(file), ".ranah-backup-"));
  try {
    const readers = await openConsistentReaders(paths.map((path) => join(data, path)));
    const shards: ShardEntry[] = [];
    try {
      for (const [index, path] of paths.entries()) {
        const reader = readers[index];
        if (!reader) throw new Error("a shard without a connection");
        mkdirSync(dirname(join(work, path)), { recursive: true });
        await copy(reader, join(work, path));
        // What is copied needs no old state any more, so that the server's write-ahead log can end.
        reader.close();
        shards.push(await verifyShard(join(work, path), path));
      }
    } finally {
      for (const reader of readers) if (reader.isOpen) reader.close();
    }
    const manifest: BackupManifest = { format: 1, time: new Date().toISOString(), shards };
    writeFileSync(join(work, manifestFile), JSON.stringify(manifest, null, 2));
    const unfinished = join(work, "backup.tar");
    await create({ file: unfinished, cwd: work, portable: true }, [manifestFile, ...paths]);
    syncFile(unfinished);
    renameSync(unfinished, file);
    syncFile(dirname(file));
    return manifest;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @param reader in a read transaction, which decides about the state that is copied */
async function copy(reader: DatabaseSync, target: string): Promise<void> {
  await backup(reader, target, { rate: limits.backupPagesPerStep });
  // A plain file: a database that is copied out of the backup needs no write-ahead log beside it.
  const database = new DatabaseSync(target);
  database.exec("pragma journal_mode = delete");
  database.close();
}

function syncFile(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
