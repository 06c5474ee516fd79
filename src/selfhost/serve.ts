/**
 * `npm run serve -- --port N --data DIR`: the same Worker on plain `workerd serve`, with SQLite on disk. This process
 * prepares everything and then becomes workerd: nothing of it is left to be supervised, and its signals go to the server.
 */
import { createRequire } from "node:module";
import { ConfigError, configOf, type Env, variables } from "../config/config.ts";
import { ensureFree, refuse } from "../dev/exit-with.ts";
import { openFolder } from "./data-folder.ts";
import { given } from "./serve-options.ts";
import { endWithNpm } from "./stop-with-npm.ts";
import { bundle } from "./worker-bundle.ts";
import { configText } from "./workerd-config.ts";

const { port, host, data } = given(process.argv.slice(2));
const values = Object.fromEntries(variables.map((name) => [name, process.env[name] ?? ""]));
values.REALM ||= "surabaya";
const { realm, localPeers } = checked(values);
const worker = await bundle();

// Messages and password hashes are for nobody else on this machine, whatever workerd's own idea of a new file is.
process.umask(0o077);
const folder = await openFolder(data);
await ensureFree(port, [host]);
folder.write("index.js", worker);
folder.write("config.capnp", configText({ modules: [["index.js", "index.js"]], variables, isLocal: localPeers }));

const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
process.stdout.write(
  `Starting ${realm} at http://${address}; its data lie in ${data}. It serves with the next line.\n`,
);
endWithNpm();
const workerd: string = createRequire(import.meta.url)("workerd").default;
process.execve?.(
  workerd,
  // The control descriptor is where workerd says that it listens: standard output.
  [
    ...["workerd", "serve", folder.path("config.capnp"), "config", "--control-fd", "1"],
    ...["--directory-path", `objects=${folder.objects}`, "--socket-addr", `http=${address}`],
  ],
  // A secret stays in the environment, which no other user of this machine can read.
  { ...process.env, ...values },
);
refuse("This system cannot replace a process by another: serve needs Linux or macOS.");

function checked(given: Record<string, string>) {
  try {
    return configOf(given as unknown as Env);
  } catch (error) {
    if (error instanceof ConfigError) refuse(`${error.message}: see "Configuration" in README.md.`);
    throw error;
  }
}
