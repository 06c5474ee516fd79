/**
 * `npm run serve -- --port N --data DIR`: runs the Worker on plain `workerd serve`, with SQLite files on disk. This process
 * prepares everything and then replaces itself by workerd, so signals to this process id reach the server. Under npm, npm stays
 * as its parent: see stop-with-npm.ts.
 */
import { createRequire } from "node:module";
import { type Config, ConfigError, parseConfig, variableNames } from "../config/config.ts";
import { exitWith } from "../dev/exit-with.ts";
import { ensurePortFree } from "../dev/listen-port.ts";
import { openDataFolder } from "./data-folder.ts";
import { parseOptions } from "./serve-options.ts";
import { stopWithNpm } from "./stop-with-npm.ts";
import { bundleWorker } from "./worker-bundle.ts";
import { workerdConfig } from "./workerd-config.ts";

const { port, host, data } = parseOptions(process.argv.slice(2));
const variables = Object.fromEntries(variableNames.map((name) => [name, process.env[name] ?? ""]));
variables.REALM ||= "surabaya";
const { realm, localPeers } = parseVariables(variables);
const worker = await bundleWorker();

// Other users of this machine must not read messages and password hashes. workerd's new files get this mask too.
process.umask(0o077);
const folder = await openDataFolder(data);
await ensurePortFree(port, [host]);
folder.write("index.js", worker);
folder.write("config.capnp", workerdConfig({ modules: [["index.js", "index.js"]], variableNames, localPeers }));

const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
process.stdout.write(
  `Starting ${realm} at http://${address}; its data is in ${data}. The next line appears when it is ready.\n`,
);
stopWithNpm();
const workerd: string = createRequire(import.meta.url)("workerd").default;
process.execve?.(
  workerd,
  // workerd reports on the control descriptor, here standard output, that it listens.
  [
    ...["workerd", "serve", folder.path("config.capnp"), "config", "--control-fd", "1"],
    ...["--directory-path", `objects=${folder.objects}`, "--socket-addr", `http=${address}`],
  ],
  // The operator token is passed in the environment, which other users cannot read. They can read a command line.
  { ...process.env, ...variables },
);
exitWith("This system cannot replace a process by another: serve needs Linux or macOS.");

function parseVariables(variables: Record<string, string>): Config {
  try {
    return parseConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(`${error.message}: see src/config/README.md.`);
    throw error;
  }
}
