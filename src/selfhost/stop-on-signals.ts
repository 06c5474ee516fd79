import { logError } from "../storage/log.ts";
import type { RunningServer } from "./server.ts";

/**
 * Ends the process with code 0 on SIGTERM, SIGINT and SIGHUP, also while it starts. A second signal ends it at once. Under npm the
 * server also stops when npm is gone: npm passes signals on, but it cannot pass on a SIGKILL.
 *
 * @returns takes the server when it starts. From then on a signal stops the server first; before, there is nothing to close
 */
export function stopOnSignals(): (starting: Promise<RunningServer>) => void {
  let server: Promise<RunningServer> | null = null;
  let isStopping = false;
  const stop = () => {
    if (isStopping) process.exit(1);
    if (!server) process.exit(0);
    isStopping = true;
    server
      .then((running) => running.stop())
      .then(
        () => process.exit(0),
        (error) => {
          logError("stop-failed", error);
          process.exit(1);
        },
      );
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  if (process.env.npm_lifecycle_event === "serve") {
    const npm = process.ppid;
    setInterval(() => process.ppid !== npm && !isStopping && stop(), 500).unref();
  }
  return (starting) => {
    server = starting;
  };
}
