/** `npm run serve -- --data DIR`: runs the realms of a deployment on this machine, with one SQLite file for each shard. */
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { parseOptions } from "./serve-options.ts";

const options = parseOptions(process.argv.slice(2));
// Other users of this machine must not read messages and password hashes.
process.umask(0o077);
// Compiled code saves a third of a later start. This folder belongs to the server's user alone, unlike Node's default one.
if (existsSync(options.data)) enableCompileCache(join(options.data, ".cache"));
const { serve } = await import("./run-server.ts");
await serve(options);
