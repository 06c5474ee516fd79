import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The process of a server under test, with the folder of its data. It may be started again on the same folder. */
export class ServerProcess {
  readonly folder = mkdtempSync(join(tmpdir(), "ranah-"));
  #child: ChildProcess | null = null;
  #log = "";

  constructor() {
    // Ends the server even if the test process exits before its hooks run.
    process.on("exit", this.#kill);
  }

  /** All output so far. */
  get log(): string {
    return this.#log;
  }

  /** Takes over a process that has just been started. */
  run(child: ChildProcess): ChildProcess {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (text) => {
        this.#log += text;
      });
    }
    return child;
  }

  /** Kills the process and waits until it has ended. */
  async stop(): Promise<void> {
    const child = this.#child;
    const ended = child && child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    this.#kill();
    await ended;
    this.#child = null;
  }

  /** Kills the process and deletes the folder. */
  async close(): Promise<void> {
    await this.stop();
    process.off("exit", this.#kill);
    rmSync(this.folder, { recursive: true, force: true });
  }

  readonly #kill = (): void => void this.#child?.kill("SIGKILL");
}
