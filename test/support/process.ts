import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { command, type Options, type Reply } from "./command.ts";
import type { Variables } from "./server-driver.ts";

const root = join(import.meta.dirname, "../..");

/** What may serve: `npm run serve`, and `npm run dev` without its script. */
export type Launcher = "serve" | "wrangler";
const usual: Launcher = process.env.TEST_SERVER === "wrangler" ? "wrangler" : "serve";

/**
 * A server of its own that hosts surabaya and jakarta, in a process group that can be killed as a power cut kills: all
 * of it at once, without a word. Its folder outlives it until `dispose`.
 */
export class KillableServer {
  readonly #folder = mkdtempSync(join(tmpdir(), "ranah-"));
  readonly #launcher: Launcher;
  #variables: Variables;
  #port = 0;
  #child: ChildProcess | null = null;
  #log = "";
  #disposed = false;
  #runs = 0;
  #cutOff = 0;
  /** Resolves when the server that runs now, or that is being started, answers. */
  #up: Promise<void> = Promise.reject(new Error("never started"));

  constructor(variables: Variables = {}, launcher: Launcher = usual) {
    this.#variables = variables;
    this.#launcher = launcher;
    this.#up.catch(() => {});
    // The last resort, should the test process end before its hooks have run.
    process.on("exit", this.#killGroup);
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`);
  }

  /** Everything that it has written since it was made. */
  get log(): string {
    return this.#log;
  }

  /** Chooses its port, so that others can be told of it before it starts. */
  async reserve(): Promise<URL> {
    this.#port ||= await freePort();
    return this.url;
  }

  /** Variables of the next start. */
  set(variables: Variables): void {
    this.#variables = { ...this.#variables, ...variables };
  }

  /** Starts on the folder of the run before. */
  start(): Promise<void> {
    this.#up = this.#start();
    this.#up.catch(() => {});
    return this.#up;
  }

  async #start(): Promise<void> {
    this.#port ||= await freePort();
    if (this.#disposed) throw new Error("the server is disposed of");
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
    const { args, env } = commandOf[this.#launcher](String(this.#port), this.#folder, variables);
    const child = spawn(process.execPath, args, {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.#log += text));
    await until(async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended:\n${this.#log}`);
      const signal = AbortSignal.timeout(2_000);
      return (await fetch(new URL("/healthz", this.url), { signal }).catch(() => null))?.ok === true;
    });
  }

  /** SIGKILL for the whole group, at once; resolves when nothing of it is left. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child?.pid) return;
    this.#runs++;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    this.#killGroup();
    await ended;
    await until(async () => membersOf(child.pid as number).length === 0);
    this.#child = null;
  }

  /** Kills the group and starts again on the same folder. */
  restart(): Promise<void> {
    this.#up = this.kill().then(() => this.#start());
    this.#up.catch(() => {});
    return this.#up;
  }

  /** Stops the whole group where it stands: its port stays open, and nobody answers. */
  freeze(): void {
    if (this.#child?.pid) process.kill(-this.#child.pid, "SIGSTOP");
  }

  /** Lets a frozen group go on. */
  thaw(): void {
    if (this.#child?.pid) process.kill(-this.#child.pid, "SIGCONT");
  }

  /** Runs SQL in every realm object's file. To be called while no server runs on them. */
  sql(query: string): void {
    for (const entry of readdirSync(this.#folder, { recursive: true, encoding: "utf8" })) {
      if (!/-realm\/[^/]+\.sqlite$/i.test(entry) || entry.endsWith("metadata.sqlite")) continue;
      const database = new DatabaseSync(join(this.#folder, entry));
      database.exec(query);
      database.close();
    }
  }

  /** The size of the largest write-ahead log among the realm objects' files. */
  logBytes(): number {
    const logs = readdirSync(this.#folder, { recursive: true, encoding: "utf8" }).filter((entry) =>
      /-realm\/[^/]+\.sqlite-wal$/i.test(entry),
    );
    return Math.max(0, ...logs.map((entry) => statSync(join(this.#folder, entry)).size));
  }

  command(line: string, options?: Options): Promise<Reply> {
    return command(this.url, line, options);
  }

  /** Sends a command until it is answered: again wherever a kill came between question and answer. */
  async insist(line: string, options?: Options): Promise<Reply> {
    for (;;) {
      await this.#up;
      const run = this.#runs;
      const reply = await this.command(line, options).catch((error: unknown) => {
        if (run === this.#runs) throw error;
        this.#cutOff++;
        return null;
      });
      // Whatever dies last may still speak of what died first.
      if (reply && (reply.status < 500 || run === this.#runs)) return reply;
    }
  }

  /** How many commands of `insist` got no answer. */
  get cutOff(): number {
    return this.#cutOff;
  }

  /** The processes of the group that is running. */
  members(): number[] {
    return this.#child?.pid ? membersOf(this.#child.pid) : [];
  }

  /** Ends it for good, whatever it is doing. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.kill();
    await this.#up.catch(() => {});
    process.off("exit", this.#killGroup);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #killGroup = (): void => {
    if (!this.#child?.pid) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  };
}

const commandOf: Record<Launcher, (port: string, folder: string, variables: Variables) => Command> = {
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

interface Command {
  args: string[];
  env: Record<string, string>;
}

/** The living processes of a group: a dead one that nobody has waited for yet holds nothing. */
function membersOf(group: number): number[] {
  return processes()
    .filter((process) => process.group === group && process.state !== "Z")
    .map(({ pid }) => pid);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Every process below one, however deep. */
export function descendantsOf(pid: number): number[] {
  const all = processes();
  const below = (parent: number): number[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process.pid, ...below(process.pid)]);
  return below(pid);
}

function processes(): { pid: number; state: string; parent: number; group: number }[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        // The name stands in parentheses and may hold anything (proc_pid_stat(5)).
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state = "", parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return [{ pid: Number(pid), state, parent: Number(parent), group: Number(group) }];
      } catch {
        return [];
      }
    });
}

/** Asks until the answer is yes. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25));
}

/**
 * A port where nothing listens, below those that a system gives to outgoing connections: such a one could be taken by
 * any of the many that tests make while the server that owns it is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer().listen(port, "127.0.0.1");
    if (!(await once(server, "listening").catch(() => null))) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
