import { spawn } from "node:child_process";

/**
 * Starts a shell that stops the server when its npm parent is gone. npm passes signals on, but it cannot pass on a SIGKILL.
 * A service manager starts the script without npm, and then this does nothing.
 */
export function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event !== "serve") return;
  const watch = 'while kill -0 "$1" && kill -0 "$2"; do sleep 0.2; done; kill -0 "$1" || kill "$2"';
  // In its own session the shell survives a kill of npm's whole process group.
  spawn("sh", ["-c", watch, "sh", String(process.ppid), String(process.pid)], { stdio: "ignore", detached: true });
}
