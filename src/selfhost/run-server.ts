import { type Config, ConfigError, parseConfig, variableNames } from "../config/config.ts";
import { buildPage } from "../dev/build-page.ts";
import { exitWith } from "../dev/exit-with.ts";
import { ensurePortFree } from "../dev/listen-port.ts";
import { logError } from "../storage/log.ts";
import { checkClock } from "./clock-check.ts";
import { openDataFolder } from "./data-folder.ts";
import type { ServeOptions } from "./serve-options.ts";
import type { stopOnSignals } from "./stop-on-signals.ts";
import { readKeyPair, renewKeyPair } from "./tls-files.ts";

/**
 * Runs the server until a signal stops it, or ends the script with a sentence.
 *
 * @param stopsBySignal takes the server that a signal is to stop
 */
export async function serve(
  { port, host, data, tls }: ServeOptions,
  stopsBySignal: ReturnType<typeof stopOnSignals>,
): Promise<void> {
  const variables = Object.fromEntries(variableNames.map((name) => [name, process.env[name] ?? ""]));
  variables.REALM ||= "surabaya";
  const config = parseVariables(variables);
  const keyPair = tls && readKeyPair(tls);
  checkClock(Date.now());
  await openDataFolder(data);
  await ensurePortFree(String(port), [host]);
  await buildPage();
  // The core also runs where an unhandled rejection ends nothing. Here it must not end the realms of everybody.
  process.on("unhandledRejection", (error) => logError("unhandled-rejection", error));

  // It imports the page that was just built.
  const { startServer } = await import("./server.ts");
  const starting = startServer({ config, variables, data, host, port, tls: keyPair });
  stopsBySignal(starting);
  const server = await starting.catch((error: Error) => exitWith(`The server cannot start: ${error.message}.`));
  if (tls) renewKeyPair(server.http, tls);
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const scheme = tls ? "https" : "http";
  process.stdout.write(`Serving ${[...config.hosted].join(", ")} at ${scheme}://${address}; the data is in ${data}.\n`);
}

function parseVariables(values: Record<string, string>): Config {
  try {
    return parseConfig(values);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(`${error.message}: see src/config/README.md.`);
    throw error;
  }
}
