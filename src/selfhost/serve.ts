/** `npm run serve -- --data DIR`: runs the realms of a deployment on this machine, with one SQLite file for each shard. */
import { type Config, ConfigError, parseConfig, variableNames } from "../config/config.ts";
import { buildPage } from "../dev/build-page.ts";
import { exitWith } from "../dev/exit-with.ts";
import { ensurePortFree } from "../dev/listen-port.ts";
import { logError } from "../storage/log.ts";
import { openDataFolder } from "./data-folder.ts";
import { parseOptions } from "./serve-options.ts";
import { stopOnSignals } from "./stop-on-signals.ts";
import { readKeyPair, renewKeyPair } from "./tls-files.ts";

const { port, host, data, tls } = parseOptions(process.argv.slice(2));
const variables = Object.fromEntries(variableNames.map((name) => [name, process.env[name] ?? ""]));
variables.REALM ||= "surabaya";
const config = parseVariables(variables);
const keyPair = tls && readKeyPair(tls);

// Other users of this machine must not read messages and password hashes.
process.umask(0o077);
await openDataFolder(data);
await ensurePortFree(String(port), [host]);
await buildPage();
// What runs in isolates elsewhere may leave a rejection unhandled there. It must not end the realms of everybody here.
process.on("unhandledRejection", (error) => logError("unhandled-rejection", error));

// The server imports the page that was just built.
const { startServer } = await import("./server.ts");
const server = await startServer({ config, variables, data, host, port, tls: keyPair });
if (tls) renewKeyPair(server.http, tls);
stopOnSignals(server);

const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
process.stdout.write(
  `Serving ${[...config.hosted].join(", ")} at ${tls ? "https" : "http"}://${address}; the data is in ${data}.\n`,
);

function parseVariables(values: Record<string, string>): Config {
  try {
    return parseConfig(values);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(`${error.message}: see src/config/README.md.`);
    throw error;
  }
}
