import { spawn } from "node:child_process";

/**
 * npm passes signals on to what it runs, and where it is killed outright it cannot. Whoever killed `npm run serve` means
 * the server, so a shell watches both and ends the server when npm is gone. A service manager starts the script without
 * npm, and then nothing watches.
 */
export function endWithNpm(): void {
  if (process.env.npm_lifecycle_event !== "serve") return;
  const watch = 'while kill -0 "$1" && kill -0 "$2"; do sleep 0.2; done; kill -0 "$1" || kill "$2"';
  // A session of its own keeps it alive where the whole group of npm is killed.
  spawn("sh", ["-c", watch, "sh", String(process.ppid), String(process.pid)], { stdio: "ignore", detached: true });
}
