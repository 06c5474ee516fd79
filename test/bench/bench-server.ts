import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "../support/free-port.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** How a server is started: a program, its arguments and its environment. */
export interface Launch {
  program: string;
  args: string[];
  env?: Record<string, string>;
}

/** A server under measurement. Its data folder survives kills and is deleted when this process exits. */
export abstract class BenchServer {
  protected readonly vars: Record<string, string>;
  protected readonly folder = temporaryFolder();
  protected port = 0;
  /** A path that answers 200 as soon as the server serves. */
  protected readonly healthPath: string = "/healthz";
  #child: ChildProcess | null = null;

  constructor(vars: Record<string, string> = {}) {
    this.vars = vars;
  }

  protected abstract launch(): Launch;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (!this.#child?.pid) throw new Error("the server does not run");
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** Chooses the port before the start, so that peers can be configured with it. @returns the URL */
  async reservePort(): Promise<string> {
    this.port ||= await freePort();
    return this.url;
  }

  /** Adds variables for the next start. */
  setVariables(vars: Record<string, string>): void {
    Object.assign(this.vars, vars);
  }

  /** Starts on the data folder and resolves when the server answers. */
  async start(): Promise<void> {
    await this.reservePort();
    const { program, args, env } = this.launch();
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
    let log = "";
    child.stderr.on("data", (text) => {
      log = (log + text).slice(-10_000);
    });
    this.#child = child;
    runningChildren.add(child);
    child.once("exit", () => runningChildren.delete(child));
    const deadline = performance.now() + 20_000;
    for (;;) {
      const health = await fetch(this.url + this.healthPath).catch(() => null);
      if (health?.ok) return;
      if (performance.now() > deadline) throw new Error(`the server does not serve: ${health?.status}\n${log}`);
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server exited:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Kills the process with SIGKILL, as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Calls `work` with each database that contains a table. The server must not run. @returns the results */
  sql<T>(table: string, work: (database: DatabaseSync) => T): T[] {
    if (this.#child) throw new Error("the server still runs");
    const results: T[] = [];
    for (const file of readdirSync(this.folder, { recursive: true, encoding: "utf8" }).sort()) {
      if (!file.endsWith(".sqlite") || file.endsWith("metadata.sqlite")) continue;
      const database = new DatabaseSync(join(this.folder, file));
      try {
        if (database.prepare("select 1 from sqlite_master where name = ?").get(table)) results.push(work(database));
      } finally {
        database.close();
      }
    }
    if (results.length === 0) throw new Error(`no database has a table ${table}`);
    return results;
  }
}

/** Configures two realms, which do not run yet, as peers of each other. */
export async function connectPeers(surabaya: BenchServer, jakarta: BenchServer): Promise<void> {
  surabaya.setVariables({ PEERS: JSON.stringify({ jakarta: await jakarta.reservePort() }) });
  jakarta.setVariables({ PEERS: JSON.stringify({ surabaya: await surabaya.reservePort() }) });
}

const runningChildren = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of runningChildren) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
