import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../../limits.ts";
import { CliError } from "../cli-error.ts";
import { pause } from "../client/pauses.ts";
import { exitCodes } from "../exit-codes.ts";
import type { CursorFile } from "./cursor-file.ts";

/**
 * Lets one process at a time use a cursor. The lock is a listening socket: the system releases it when its last holder has ended,
 * also after `kill -9`. A command that `--exec` runs holds it too, so a restart waits for the command of a killed predecessor.
 */
export class CursorLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Waits for the lock. @throws {CliError} if another process keeps it */
  static async acquire(cursor: CursorFile, stop: AbortSignal, onWait: () => void): Promise<CursorLock> {
    const path = socketPath(cursor.digest);
    const endsAt = performance.now() + limits.cliLockWaitMs;
    for (let attempt = 1; ; attempt++) {
      const server = await listen(path);
      if (server) return new CursorLock(server);
      if (attempt === 2) onWait();
      if (!path.startsWith("\0") && !(await isListening(path))) rmSync(path, { force: true });
      else if (performance.now() > endsAt || stop.aborted) break;
      else await pause(limits.cliLockCheckMs, stop);
    }
    throw new CliError(
      exitCodes.failed,
      "cursor-in-use",
      [
        "Proses lain memakai kursor {path}; pilih --cursor NAMA lain",
        "Another process uses the cursor {path}; choose another --cursor NAME",
      ],
      { path: cursor.path },
    );
  }

  /** The socket, for the table of open files of a child. Node has no public name for it. */
  get handle(): unknown {
    return Reflect.get(this.#server, "_handle");
  }

  release(): void {
    this.#server.close();
  }
}

/** Linux has names of sockets that are no files, and that end with their holders. */
function socketPath(digest: string): string {
  const name = `ranah-${process.getuid?.() ?? 0}-${digest}`;
  return process.platform === "linux" ? `\0${name}` : join(tmpdir(), `${name}.lock`);
}

function listen(path: string): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(null));
    server.listen(path, () => resolve(server.unref()));
  });
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
