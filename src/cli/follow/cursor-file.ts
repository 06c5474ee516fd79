import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { CliError } from "../cli-error.ts";
import { isObject } from "../client/command-reply.ts";
import { exitCodes } from "../exit-codes.ts";
import { baseFolder } from "../session/context-store.ts";
import { fileError, syncFolder, writePrivateFile } from "../session/private-file.ts";

/** Which messages, for which account, and who reads them. */
export interface CursorKey {
  /** The full address of the account. */
  user: string;
  /** `inbox`, or the full address of a group. */
  log: string;
  /** The name of the reader. Readers of different names do not share a cursor. */
  reader: string;
}

/** How far one reader has processed one log: a file below the state folder (XDG Base Directory Specification). */
export class CursorFile {
  readonly path: string;
  readonly #key: CursorKey;

  constructor(env: NodeJS.ProcessEnv, key: CursorKey) {
    this.#key = key;
    const folder = join(baseFolder(env.XDG_STATE_HOME, ".local/state"), "ranah", "cursors", key.user);
    // The reader is chosen by the user, so its characters are made those of a file name.
    this.path = join(folder, `${encodeURIComponent(key.reader)}.${key.log}.json`);
  }

  /** @returns null if this reader has not begun. @throws {CliError} if the file is damaged: guessing could lose messages */
  load(): number | null {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw fileError(this.path, error);
    }
    const id = parseId(text);
    if (id !== null) return id;
    throw new CliError(
      exitCodes.broken,
      "damaged-cursor",
      ["File kursor {path} rusak; pakai --after ID", "The cursor file {path} is damaged; use --after ID"],
      { path: this.path },
    );
  }

  /** Durable when it returns. */
  save(id: number): void {
    try {
      writePrivateFile(this.path, this.#content(id));
    } catch (error) {
      throw fileError(this.path, error);
    }
  }

  /** Writes the next cursor beside the file. Renaming it is then all that is left to do. @returns its path */
  prepare(id: number): string {
    const next = `${this.path}.next`;
    rmSync(next, { force: true });
    writePrivateFile(next, this.#content(id));
    return next;
  }

  /** Makes a rename by another process survive a power cut. */
  syncRename(): void {
    syncFolder(dirname(this.path));
  }

  /** A name for the lock of this file. */
  get digest(): string {
    return createHash("sha256").update(this.path).digest("hex").slice(0, 32);
  }

  #content(id: number): string {
    return `${JSON.stringify({ ...this.#key, id })}\n`;
  }
}

function parseId(text: string): number | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value.id === "number" && Number.isSafeInteger(value.id) ? value.id : null;
  } catch {
    return null;
  }
}
