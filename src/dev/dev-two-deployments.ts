/**
 * `npm run dev:two`: two realms as separate deployments, each a server with its own data folder. They exchange messages over
 * HTTP on this machine. `--only jakarta` starts one of them, with the same port and folder.
 */
import { parseArgs } from "node:util";
import { exitWith } from "./exit-with.ts";
import { asAni, asBudi, firstCommands } from "./first-commands.ts";
import { ensurePortFree, parsePort } from "./listen-port.ts";
import { runUntilStopped, WranglerDevServer } from "./wrangler-dev-server.ts";

const defaults = { ports: "8791,8792", "persist-to": ".wrangler/two" };
const realms = ["surabaya", "jakarta"] as const;
type DevRealm = (typeof realms)[number];

const options = parseOptions();
const [first, second, ...others] = options.ports.split(",");
if (others.length) exitWith("--ports takes two ports, such as --ports 8791,8792.");
const ports = { surabaya: parsePort(first), jakarta: parsePort(second) };
if (ports.surabaya === ports.jakarta) exitWith("--ports takes two different ports.");
const origins = { surabaya: `http://127.0.0.1:${ports.surabaya}`, jakarta: `http://127.0.0.1:${ports.jakarta}` };
const { surabaya, jakarta } = origins;
const chosen = realms.filter((name) => options.only === undefined || options.only === name);
if (!chosen.length) exitWith("--only takes surabaya or jakarta.");
for (const name of chosen) await ensurePortFree(ports[name], ["127.0.0.1"]);

const peers = { surabaya: { jakarta }, jakarta: { surabaya } };
const servers = chosen.map((name) => {
  const server = new WranglerDevServer(
    origins[name],
    ["--port", ports[name], "--ip", "127.0.0.1", "--persist-to", `${options["persist-to"]}/${name}`],
    {
      REALM: name,
      PEERS: JSON.stringify(peers[name]),
      LOCAL_PEERS: "yes",
      OPERATOR_TOKEN: "only-for-development",
    },
  );
  void server.ended.then(() => process.stdout.write(`\n${name} has ended. ${startCommand(name)} starts it again.\n`));
  return { name, server };
});
void runUntilStopped(...servers.map(({ server }) => server));
const ready = await Promise.all(servers.map(({ server }) => server.untilReady()));

if (ready.every(Boolean)) {
  if (options.only === undefined) process.stdout.write(introduction());
  process.stdout.write(`
Each realm stops and restarts alone. Stop one, send from the other, run \`sent\`, and start it again:

${servers.map(({ name, server }) => `${name}:\n  kill ${server.pid}\n  ${startCommand(name)}`).join("\n")}
`);
}

function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        ports: { type: "string", default: defaults.ports },
        "persist-to": { type: "string", default: defaults["persist-to"] },
        only: { type: "string" },
      },
    });
    return values;
  } catch {
    exitWith("Usage: npm run dev:two -- [--ports 8791,8792] [--persist-to DIR] [--only surabaya|jakarta]");
  }
}

/** The command that starts one realm again with the same options. */
function startCommand(name: DevRealm): string {
  const changed = (["ports", "persist-to"] as const)
    .filter((option) => options[option] !== defaults[option])
    .map((option) => ` --${option} '${options[option]}'`);
  return `npm run dev:two -- --only ${name}${changed.join("")}`;
}

function introduction(): string {
  return `
Two servers: surabaya at ${surabaya} and jakarta at ${jakarta}. Paste into another terminal:

${firstCommands(surabaya, jakarta)}
curl ${asAni} -d "sendprivate budi@surabaya halo juga" ${jakarta}/command
curl ${asBudi} -d "sent" ${surabaya}/command
curl ${asBudi} -d "realms" ${surabaya}/command
curl -H "Authorization: Bearer only-for-development" -d "peertest jakarta" ${surabaya}/command
`;
}
