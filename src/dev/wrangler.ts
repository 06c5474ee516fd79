import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");

/** Starts `wrangler dev` in the foreground's terminal; it needs no account and asks no network. */
export function startWrangler(args: string[], variables: Record<string, string>): ChildProcess {
  const vars = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  return spawn(
    process.execPath,
    [wrangler, "dev", "--show-interactive-dev-session=false", "--inspector-port", "0", ...vars, ...args],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
    },
  );
}

/** Resolves when the server answers, or rejects when its process ends before. */
export async function answered(origin: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`wrangler ended with ${child.exitCode}`);
    try {
      const response = await fetch(`${origin}/healthz`);
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Ends with the first child that ends, and takes all along when told to end or when whoever started this is gone. */
export function livesWith(...children: ChildProcess[]): void {
  const end = (signal: NodeJS.Signals) => {
    for (const child of children) child.kill(signal);
  };
  // npm runs scripts through a shell that passes no signal on: a server would outlive its `npm run`.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end("SIGTERM"), 500).unref();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end(signal));
  for (const child of children) {
    child.once("exit", (code) => {
      process.exitCode = code ?? 0;
      end("SIGTERM");
    });
  }
}
