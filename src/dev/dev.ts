/**
 * `npm run dev`: one development server that hosts two realms by host name. curl and browsers resolve `*.localhost` to this
 * machine. Every option of `wrangler dev` works, such as `npm run dev -- --port N --persist-to DIR`.
 */
import { parseArgs } from "node:util";
import { asAni, asBudi, firstCommands } from "./first-commands.ts";
import { ensurePortFree, parsePort } from "./listen-port.ts";
import { runUntilStopped, WranglerDevServer } from "./wrangler-dev-server.ts";

const args = process.argv.slice(2);
const { values } = parseArgs({
  args,
  options: { port: { type: "string" }, ip: { type: "string" } },
  strict: false,
});
const port = parsePort(values.port ?? "8787");
/** The address that wrangler listens on; `localhost` means both 127.0.0.1 and ::1. */
const ip = typeof values.ip === "string" ? values.ip : "localhost";
const isWildcard = ["*", "0.0.0.0", "::"].includes(ip);
await ensurePortFree(port, ip === "localhost" ? ["127.0.0.1", "::1"] : [isWildcard ? "0.0.0.0" : ip]);

const server = new WranglerDevServer(
  `http://${isWildcard || ip === "localhost" ? "127.0.0.1" : ip}:${port}`,
  values.port === undefined ? ["--port", port, ...args] : args,
  {
    REALM: "surabaya",
    REALMS: JSON.stringify({
      "surabaya.localhost": "surabaya",
      localhost: "surabaya",
      "127.0.0.1": "surabaya",
      "jakarta.localhost": "jakarta",
    }),
  },
);
void runUntilStopped(server);

const surabaya = `http://surabaya.localhost:${port}`;
const jakarta = `http://jakarta.localhost:${port}`;
if (await server.untilReady()) {
  process.stdout.write(`
Two realms: ${surabaya} and ${jakarta}. Open them in a browser, or paste into another terminal:

${firstCommands(surabaya, jakarta)}
curl ${asBudi} -d "creategroup tim" ${surabaya}/command
curl ${asAni} -d "sendgroup tim@surabaya halo semua" ${jakarta}/command
curl ${asBudi} -d "inboxgroup tim" ${surabaya}/command
`);
}
