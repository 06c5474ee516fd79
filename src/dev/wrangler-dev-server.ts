import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitWith } from "./exit-with.ts";

const root = join(import.meta.dirname, "../..");
const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");

/** Milliseconds that a server may take to stop before it is killed. */
const graceMs = 3_000;

if (!existsSync(wrangler)) exitWith("wrangler is not installed: run npm ci without --workspaces=false.");

/** A `wrangler dev` with all its processes. It needs no Cloudflare account and no Internet connection. */
export class WranglerDevServer {
  readonly origin: string;
  /** Resolves when every process of the server has exited, with the exit code: 0 if a signal ended it. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  #hasExited = false;

  constructor(origin: string, args: string[], variables: Record<string, string>) {
    this.origin = origin;
    const vars = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
    this.#child = spawn(
      process.execPath,
      [wrangler, "dev", "--show-interactive-dev-session=false", "--inspector-port", "0", ...vars, ...args],
      {
        cwd: root,
        // wrangler runs as three processes, and a signal to the first does not reach the others. A process group stops them all.
        detached: true,
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
      },
    );
    this.ended = this.#untilEnded();
  }

  /** A signal to this process stops the whole server. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal to all processes of the server; signal 0 only checks. @returns whether a process is left */
  signal(signal: NodeJS.Signals | 0): boolean {
    // Without a child its pid is 0, and a signal to group 0 would reach this script's own group.
    if (!this.pid) return false;
    try {
      return process.kill(-this.pid, signal);
    } catch {
      return false;
    }
  }

  /** Waits until the server answers. @returns false if it has exited, or if its configuration is wrong */
  async untilReady(): Promise<boolean> {
    while (!this.#hasExited) {
      const response = await fetch(`${this.origin}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
      if (this.#hasExited) return false;
      if (response?.ok) return true;
      if (response?.status === 503) {
        const body = (await response.text()).trim();
        process.stderr.write(`\n${this.origin} answers 503: ${body}. The log above shows the reason.\n`);
        return false;
      }
      await sleep(100);
    }
    return false;
  }

  async #untilEnded(): Promise<number> {
    const [code] = await once(this.#child, "exit");
    this.#hasExited = true;
    this.signal("SIGTERM");
    for (const since = Date.now(); Date.now() - since < graceMs && this.signal(0); ) await sleep(50);
    this.signal("SIGKILL");
    return code ?? 0;
  }
}

/** Stops the servers on a signal, or when the script's parent has exited. Ends the script when all servers have ended. */
export async function runUntilStopped(...servers: WranglerDevServer[]): Promise<void> {
  let isStopping = false;
  const stop = () => {
    // A second signal, or the end of the grace period, kills the servers.
    for (const server of servers) server.signal(isStopping ? "SIGKILL" : "SIGTERM");
    if (!isStopping) setTimeout(stop, graceMs).unref();
    isStopping = true;
  };
  // npm starts scripts through a shell that passes no signal on, so the script also watches its parent.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && !isStopping && stop(), 500).unref();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  const codes = await Promise.all(servers.map((server) => server.ended));
  process.exit(isStopping ? 0 : Math.max(...codes));
}
