import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../limits.ts";

/**
 * Opens all databases at one moment: each connection reads the state that its database had then, although a server goes on writing.
 * All write locks are held for that moment, so a message that one shard has handed to another is in at least one of the copies.
 *
 * @returns a connection for each path, in an open read transaction
 * @throws where the server leaves no such moment
 */
export async function openConsistentReaders(paths: readonly string[]): Promise<DatabaseSync[]> {
  const writers = paths.map((path) => new DatabaseSync(path, { timeout: limits.backupLockMs }));
  const readers = paths.map((path) => new DatabaseSync(path, { readOnly: true }));
  try {
    for (let attempt = 1; !lockTogether(writers, () => readers.forEach(beginRead)); attempt++) {
      if (attempt === limits.backupLockAttemptsMax)
        throw new Error("the server writes without a pause: try again later");
      await sleep(limits.backupLockPauseMs);
    }
    return readers;
  } catch (error) {
    for (const reader of readers) reader.close();
    throw error;
  } finally {
    for (const writer of writers) writer.close();
  }
}

/** Calls `work` while all write locks are held. @returns false if it took so long that a server's own commit could fail */
function lockTogether(writers: readonly DatabaseSync[], work: () => void): boolean {
  const startedAt = performance.now();
  const locked: DatabaseSync[] = [];
  try {
    for (const writer of writers) {
      if (performance.now() - startedAt > limits.backupLockMs || !tryLock(writer)) return false;
      locked.push(writer);
    }
    work();
    return true;
  } finally {
    for (const writer of locked) writer.exec("rollback");
  }
}

function tryLock(writer: DatabaseSync): boolean {
  try {
    writer.exec("begin immediate");
    return true;
  } catch (error) {
    if (error instanceof Error && error.message === "database is locked") return false;
    throw error;
  }
}

/** A deferred transaction reads from the moment of its first query. */
function beginRead(reader: DatabaseSync): void {
  reader.exec("begin; select 1 from sqlite_master");
}
