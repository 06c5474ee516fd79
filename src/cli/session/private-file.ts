import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";

/** Writes a file that only its owner can read, and its folder. A reader or a crash sees the old or the new content, never a part. */
export function writePrivateFile(path: string, content: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  // A file that an earlier run left behind may have another mode, so it is not opened again.
  rmSync(temporary, { force: true });
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(folder);
}

/** Makes renames in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const directory = openSync(folder, "r");
  try {
    fsyncSync(directory);
  } catch {
    // Some file systems cannot do it for a folder. The file itself is on disk.
  } finally {
    closeSync(directory);
  }
}

/** @returns null if there is no such file. @throws {CliError} if others may read or write it, or if it cannot be read */
export function readPrivateFile(path: string): string | null {
  try {
    const { mode, uid } = statSync(path);
    const isForeign = process.getuid !== undefined && uid !== process.getuid() && process.getuid() !== 0;
    if (process.platform !== "win32" && ((mode & 0o077) !== 0 || isForeign)) {
      throw new CliError(
        exitCodes.notAllowed,
        "file-not-private",
        [
          "File {path} dapat dibaca orang lain. Jalankan: chmod 600 {path}",
          "Others can access the file {path}. Run: chmod 600 {path}",
        ],
        { path },
      );
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof CliError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileError(path, error);
  }
}

export function fileError(path: string, error: unknown): CliError {
  const reason = (error as NodeJS.ErrnoException).code ?? "?";
  return new CliError(
    exitCodes.broken,
    "file-error",
    ["File {path} tidak dapat dipakai: {reason}", "The file {path} cannot be used: {reason}"],
    { path, reason },
  );
}
