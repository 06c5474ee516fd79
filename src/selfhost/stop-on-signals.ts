import { logError } from "../storage/log.ts";
import type { RunningServer } from "./server.ts";

/**
 * Stops the server, also one that is starting, on SIGTERM, SIGINT and SIGHUP, and ends the process with code 0. A second signal ends it at once. Under npm
 * the server also stops when npm is gone: npm passes signals on, but it cannot pass on a SIGKILL.
 */
export function stopOnSignals(starting: Promise<RunningServer>): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    starting
      .then((server) => server.stop())
      .then(
        () => process.exit(0),
        (error) => {
          logError("stop-failed", error);
          process.exit(1);
        },
      );
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  if (process.env.npm_lifecycle_event !== "serve") return;
  const npm = process.ppid;
  setInterval(() => process.ppid !== npm && !isStopping && stop(), 500).unref();
}
