import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type CommandOptions, command, type Reply } from "./command.ts";
import { freePort } from "./free-port.ts";
import { groupMembers } from "./processes.ts";
import type { Variables } from "./server-driver.ts";

const root = join(import.meta.dirname, "../..");

/** The database file of a shard, on Node or on workerd. */
const shardFile = /(^|\/)\d+\.sqlite$|-realm-?shard\/[0-9a-f]+\.sqlite$/i;

/** The program that serves: that of `npm run serve`, or wrangler's development server. */
export type Launcher = "serve" | "wrangler";
const defaultLauncher: Launcher = process.env.TEST_SERVER === "wrangler" ? "wrangler" : "serve";

/**
 * A server that hosts surabaya and jakarta in its own process group. `kill` ends the whole group at once, as a power cut does.
 * The data folder stays until `dispose`.
 */
export class KillableServer {
  /** The data folder. */
  readonly folder = mkdtempSync(join(tmpdir(), "ranah-"));
  readonly #launcher: Launcher;
  #variables: Variables;
  #port = 0;
  #child: ChildProcess | null = null;
  #log = "";
  #disposed = false;
  #runs = 0;
  #unansweredCount = 0;
  /** Resolves when the running or starting server answers. */
  #up: Promise<void> = Promise.reject(new Error("never started"));

  constructor(variables: Variables = {}, launcher: Launcher = defaultLauncher) {
    this.#variables = variables;
    this.#launcher = launcher;
    this.#up.catch(() => {});
    // Ends the server even if the test process exits before its hooks run.
    process.on("exit", this.#killGroup);
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`);
  }

  /** All output of every run. */
  get log(): string {
    return this.#log;
  }

  /** Chooses the port before the start, so that peers can be configured with it. @returns the URL */
  async reservePort(): Promise<URL> {
    this.#port ||= await freePort();
    return this.url;
  }

  /** Adds variables for the next start. */
  setVariables(variables: Variables): void {
    this.#variables = { ...this.#variables, ...variables };
  }

  /** Starts on the data folder of the previous run. */
  start(): Promise<void> {
    this.#up = this.#start();
    this.#up.catch(() => {});
    return this.#up;
  }

  async #start(): Promise<void> {
    this.#port ||= await freePort();
    if (this.#disposed) throw new Error("the server is disposed");
    const variables = {
      REALM: "surabaya",
      REALMS: JSON.stringify({
        "surabaya.localhost": "surabaya",
        localhost: "surabaya",
        "127.0.0.1": "surabaya",
        "jakarta.localhost": "jakarta",
      }),
      ...this.#variables,
    };
    const { args, env } = launchCommands[this.#launcher](String(this.#port), this.folder, variables);
    const child = spawn(process.execPath, args, {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.#log += text));
    await waitUntil(async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server exited:\n${this.#log}`);
      const signal = AbortSignal.timeout(2_000);
      return (await fetch(new URL("/healthz", this.url), { signal }).catch(() => null))?.ok === true;
    });
  }

  /** Sends SIGKILL to the whole group. Resolves when no process of it is left. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child?.pid) return;
    this.#runs++;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    this.#killGroup();
    await ended;
    await waitUntil(async () => groupMembers(child.pid as number).length === 0);
    this.#child = null;
  }

  /** Kills the group and starts again on the same data folder. */
  restart(): Promise<void> {
    this.#up = this.kill().then(() => this.#start());
    this.#up.catch(() => {});
    return this.#up;
  }

  /** Suspends the whole group: its port stays open but does not answer. */
  freeze(): void {
    if (this.#child?.pid) process.kill(-this.#child.pid, "SIGSTOP");
  }

  /** Resumes a suspended group. */
  thaw(): void {
    if (this.#child?.pid) process.kill(-this.#child.pid, "SIGCONT");
  }

  /** Runs SQL in the database file of every shard. No server may be running. */
  sql(query: string): void {
    for (const entry of readdirSync(this.folder, { recursive: true, encoding: "utf8" })) {
      if (!shardFile.test(entry)) continue;
      const database = new DatabaseSync(join(this.folder, entry));
      database.exec(query);
      database.close();
    }
  }

  /** Size of the largest write-ahead log of any shard, in bytes. */
  largestWalBytes(): number {
    const logs = readdirSync(this.folder, { recursive: true, encoding: "utf8" }).filter(
      (entry) => entry.endsWith("-wal") && shardFile.test(entry.slice(0, -"-wal".length)),
    );
    return Math.max(0, ...logs.map((entry) => statSync(join(this.folder, entry)).size));
  }

  command(line: string, options?: CommandOptions): Promise<Reply> {
    return command(this.url, line, options);
  }

  /** Sends a command, and sends it again after each kill that cut off the answer. */
  async sendUntilAnswered(line: string, options?: CommandOptions): Promise<Reply> {
    for (;;) {
      await this.#up;
      const run = this.#runs;
      const reply = await this.command(line, options).catch((error: unknown) => {
        if (run === this.#runs) throw error;
        this.#unansweredCount++;
        return null;
      });
      // A dying process may report that another one of its group has already died.
      if (reply && (reply.status < 500 || run === this.#runs)) return reply;
    }
  }

  /** Number of commands of `sendUntilAnswered` that a kill cut off. */
  get unansweredCount(): number {
    return this.#unansweredCount;
  }

  /** The running processes of the group. */
  processIds(): number[] {
    return this.#child?.pid ? groupMembers(this.#child.pid) : [];
  }

  /** Kills the group and deletes the data folder. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.kill();
    await this.#up.catch(() => {});
    process.off("exit", this.#killGroup);
    rmSync(this.folder, { recursive: true, force: true });
  }

  readonly #killGroup = (): void => {
    if (!this.#child?.pid) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // The group has already exited.
    }
  };
}

const launchCommands: Record<Launcher, (port: string, folder: string, variables: Variables) => LaunchCommand> = {
  serve: (port, folder, variables) => ({
    args: [join(root, "src/selfhost/serve.ts"), "--port", port, "--data", folder],
    env: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
  }),
  wrangler: (port, folder, variables) => ({
    args: [
      ...[join(root, "node_modules/wrangler/bin/wrangler.js"), "dev", "--show-interactive-dev-session=false"],
      ...["--inspector-port", "0", "--port", port, "--persist-to", folder],
      ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    env: { CI: "1", WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  }),
};

interface LaunchCommand {
  args: string[];
  env: Record<string, string>;
}

/** Polls until the condition holds. */
async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25));
}
