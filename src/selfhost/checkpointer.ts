import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { limits } from "../limits.ts";
import { logError } from "../storage/log.ts";
import type { CheckpointThreadData } from "./checkpoint-thread.ts";
import type { SqliteDatabase } from "./sqlite-driver.ts";

/**
 * Keeps the write-ahead log of a database short. A checkpoint writes thousands of pages, so a thread does it, and the thread of
 * the shard folds back only the pages that were added meanwhile. SQLite then starts the log again from its beginning.
 */
export class Checkpointer {
  readonly #path: string;
  readonly #database: SqliteDatabase;
  #thread: Worker | null = null;
  #isRunning = false;
  /** The length of the log after the last commit, and the length at which a checkpoint is due, in pages. */
  #pages = 0;
  #duePages: number = limits.checkpointPages;

  constructor(path: string, database: SqliteDatabase) {
    this.#path = path;
    this.#database = database;
  }

  /** Must be called after each commit. */
  onCommit(): void {
    const pages = this.#database.logPages();
    // SQLite has started the log again. It cannot while another program, such as a backup, reads an old state of the database.
    if (pages < this.#pages) this.#duePages = limits.checkpointPages;
    this.#pages = pages;
    if (this.#isRunning || pages < this.#duePages) return;
    this.#isRunning = true;
    this.#duePages = pages + limits.checkpointPages;
    this.#thread ??= this.#startThread();
    this.#thread.postMessage(null);
  }

  /** Ends the thread, so that the shard's own connection is the last one when it closes. */
  async stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    if (!thread) return;
    if (this.#isRunning) await once(thread, "message");
    await thread.terminate();
  }

  #startThread(): Worker {
    const workerData: CheckpointThreadData = { path: this.#path };
    const thread = new Worker(join(import.meta.dirname, "checkpoint-thread.ts"), { workerData });
    thread.unref();
    thread.on("message", () => {
      this.#isRunning = false;
      this.#database.checkpoint();
    });
    // The shard's own connection makes a checkpoint of its own when the log has four times the length.
    thread.on("error", (error) => {
      logError("checkpoint-failed", error);
      this.#isRunning = false;
      this.#thread = null;
    });
    return thread;
  }
}
