import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const wrangler = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

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

/** Ends with the child, and takes it along when told to end, or when whoever started this process is gone. */
export function livesWith(child: ChildProcess): void {
  // npm runs scripts through a shell that passes no signal on: a server would outlive its `npm run`.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  child.once("exit", (code) => process.exit(code ?? 0));
}
