/**
 * `npm run dev:two`: two realms as they are deployed, each its own server with its own folder, talking over HTTP on this
 * machine. Each lives alone: `--only jakarta` starts one of them, with the same port and folder.
 */
import { parseArgs } from "node:util";
import { ensureFree, ensurePort, refuse } from "./exit-with.ts";
import { livesWith, Server } from "./wrangler-server.ts";

const defaults = { ports: "8791,8792", "persist-to": ".wrangler/two" };
const realms = ["surabaya", "jakarta"] as const;
type Name = (typeof realms)[number];

const options = given();
const [first, second, ...others] = options.ports.split(",");
if (others.length) refuse("--ports takes two ports, such as --ports 8791,8792.");
const ports = { surabaya: ensurePort(first), jakarta: ensurePort(second) };
if (ports.surabaya === ports.jakarta) refuse("--ports takes two different ports.");
const origins = { surabaya: `http://127.0.0.1:${ports.surabaya}`, jakarta: `http://127.0.0.1:${ports.jakarta}` };
const { surabaya, jakarta } = origins;
const chosen = realms.filter((name) => options.only === undefined || options.only === name);
if (!chosen.length) refuse("--only takes surabaya or jakarta.");
for (const name of chosen) await ensureFree(ports[name], ["127.0.0.1"]);

const peers = { surabaya: { jakarta }, jakarta: { surabaya } };
const servers = chosen.map((name) => {
  const server = new Server(
    origins[name],
    ["--port", ports[name], "--ip", "127.0.0.1", "--persist-to", `${options["persist-to"]}/${name}`],
    {
      REALM: name,
      PEERS: JSON.stringify(peers[name]),
      LOCAL_PEERS: "yes",
      OPERATOR_TOKEN: "only-for-development",
    },
  );
  void server.ended.then(() => process.stdout.write(`\n${name} has ended. ${again(name)} starts it again.\n`));
  return { name, server };
});
void livesWith(...servers.map(({ server }) => server));
const serving = await Promise.all(servers.map(({ server }) => server.serves()));

if (serving.every(Boolean)) {
  if (options.only === undefined) process.stdout.write(lines());
  const width = Math.max(...servers.map(({ server }) => `kill ${server.pid}`.length));
  process.stdout.write(`
Each side lives alone. Stop one, send from the other, look at \`sent\`, start it again:

${servers.map(({ name, server }) => `${`kill ${server.pid}`.padEnd(width)}   # ends ${name}\n${again(name)}`).join("\n")}
`);
}

function given() {
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
    refuse("Usage: npm run dev:two -- [--ports 8791,8792] [--persist-to DIR] [--only surabaya|jakarta]");
  }
}

/** The line that starts one side as it was started here. */
function again(name: Name): string {
  const same = (["ports", "persist-to"] as const)
    .filter((option) => options[option] !== defaults[option])
    .map((option) => ` --${option} '${options[option]}'`);
  return `npm run dev:two -- --only ${name}${same.join("")}`;
}

function lines(): string {
  return `
Two servers: surabaya at ${surabaya} and jakarta at ${jakarta}. Paste into another terminal:

curl -d 'register budi rahasia-sekali' ${surabaya}/command
curl -d 'register ani rahasia-juga' ${jakarta}/command
BUDI=$(curl -sd 'auth budi rahasia-sekali' ${surabaya}/command | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')
ANI=$(curl -sd 'auth ani rahasia-juga' ${jakarta}/command | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')
curl -H "Authorization: Bearer $BUDI" -d 'sendprivate ani@jakarta halo dari Surabaya' ${surabaya}/command
curl -H "Authorization: Bearer $ANI" -d 'inbox' ${jakarta}/command
curl -H "Authorization: Bearer $ANI" -d 'sendprivate budi@surabaya halo juga' ${jakarta}/command
curl -H "Authorization: Bearer $BUDI" -d 'sent' ${surabaya}/command
curl -H "Authorization: Bearer $BUDI" -d 'realms' ${surabaya}/command
curl -H 'Authorization: Bearer only-for-development' -d 'peertest jakarta' ${surabaya}/command
`;
}
