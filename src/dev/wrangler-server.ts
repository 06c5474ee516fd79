import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long a server that was told to end may take. */
const graceMs = 3_000;

/** A `wrangler dev` with all its processes; it needs no account and asks no network. */
export class Server {
  readonly origin: string;
  /** Resolves with the exit code when nothing of it is left; where a signal ended it, that is 0. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  #isOver = false;

  constructor(origin: string, args: string[], variables: Record<string, string>) {
    this.origin = origin;
    const vars = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
    this.#child = spawn(
      process.execPath,
      [wrangler, "dev", "--show-interactive-dev-session=false", "--inspector-port", "0", ...vars, ...args],
      {
        cwd: root,
        // wrangler is three processes, and a signal to the first leaves the others. In a group of their own they end together.
        detached: true,
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
      },
    );
    this.ended = this.#end();
  }

  /** A signal to this process ends the whole server. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#toGroup(signal);
  }

  /** Resolves when it serves, with true; with false when it will not: it has ended, or its configuration is wrong. */
  async serves(): Promise<boolean> {
    while (!this.#isOver) {
      const response = await fetch(`${this.origin}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
      if (this.#isOver) return false;
      if (response?.ok) return true;
      if (response?.status === 503) {
        const said = await response.text();
        process.stderr.write(`\n${this.origin} answers 503, and its log says why: ${said.trim()}\n`);
        return false;
      }
      await pause(100);
    }
    return false;
  }

  async #end(): Promise<number> {
    const [code] = await once(this.#child, "exit");
    this.#isOver = true;
    this.#toGroup("SIGTERM");
    for (const since = Date.now(); Date.now() - since < graceMs && this.#toGroup(0); ) await pause(50);
    this.#toGroup("SIGKILL");
    return code ?? 0;
  }

  /** @returns whether anything of the group was left */
  #toGroup(signal: NodeJS.Signals | 0): boolean {
    // Without a process there is no group: 0 would be our own.
    if (!this.pid) return false;
    try {
      return process.kill(-this.pid, signal);
    } catch {
      return false;
    }
  }
}

/** Resolves when all have ended. They are ended by Ctrl-C or a signal, and when whoever started this script is gone. */
export async function livesWith(...servers: Server[]): Promise<void> {
  let wasTold = false;
  const end = () => {
    // Told twice, or too slow: it shall not be waited for.
    for (const server of servers) server.signal(wasTold ? "SIGKILL" : "SIGTERM");
    if (!wasTold) setTimeout(end, graceMs).unref();
    wasTold = true;
  };
  // npm runs scripts through a shell that passes no signal on: a server would outlive its `npm run`.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && !wasTold && end(), 500).unref();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  const codes = await Promise.all(servers.map((server) => server.ended));
  process.exit(wasTold ? 0 : Math.max(...codes));
}
