import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Variables } from "./server-driver.ts";

/** The wall clock of a server under test, which can be set at any time, before a start too. */
export class ClockShift {
  readonly #folder = mkdtempSync(join(tmpdir(), "ranah-clock-"));
  readonly #file = join(this.#folder, "shift");

  constructor() {
    this.set(0);
  }

  /** What the server has to be started with. */
  get variables(): Variables {
    const preload = pathToFileURL(join(import.meta.dirname, "shifted-clock.ts"));
    return { CLOCK_SHIFT_FILE: this.#file, NODE_OPTIONS: `--import=${preload}` };
  }

  /** Sets the clock `ms` milliseconds ahead of the right time; a negative number is behind. */
  set(ms: number): void {
    // A rename: the server never reads half a number.
    writeFileSync(`${this.#file}.new`, String(ms));
    renameSync(`${this.#file}.new`, this.#file);
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
