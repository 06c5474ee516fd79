/** `npm run serve -- --data DIR`: runs the realms of a deployment on this machine, with one SQLite file for each shard. */
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { lockFile } from "./folder-lock.ts";
import { parseOptions } from "./serve-options.ts";
import { stopOnSignals } from "./stop-on-signals.ts";

// First: loading the rest takes most of the start.
const stopsBySignal = stopOnSignals();
const options = parseOptions(process.argv.slice(2));
// Other users of this machine must not read messages and password hashes.
process.umask(0o077);
// Compiled code saves a third of a later start. This folder belongs to the server's user alone, unlike Node's default one. Only a
// folder that a server has used gets it.
if (existsSync(join(options.data, lockFile))) enableCompileCache(join(options.data, ".cache"));
const { serve } = await import("./run-server.ts");
await serve(options, stopsBySignal);
