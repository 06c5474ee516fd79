/**
 * `npm run dev:two`: two realms as they are deployed, each its own server with its own folder, talking over HTTP on this
 * machine. `npm run dev:two -- --ports 8787,8788 --persist-to DIR` changes where.
 */
import { parseArgs } from "node:util";
import { answered, livesWith, startWrangler } from "./wrangler.ts";

const { values } = parseArgs({
  options: {
    ports: { type: "string", default: "8787,8788" },
    "persist-to": { type: "string", default: ".wrangler/two" },
  },
});
const [first = "8787", second = "8788"] = values.ports.split(",");
const folder = values["persist-to"];
const surabaya = `http://127.0.0.1:${first}`;
const jakarta = `http://127.0.0.1:${second}`;

const start = (realm: string, port: string, peers: Record<string, string>) =>
  startWrangler(["--port", port, "--ip", "127.0.0.1", "--persist-to", `${folder}/${realm}`], {
    REALM: realm,
    PEERS: JSON.stringify(peers),
    LOCAL_PEERS: "yes",
    OPERATOR_TOKEN: "only-for-development",
  });
const children = [start("surabaya", first, { jakarta }), start("jakarta", second, { surabaya })] as const;
livesWith(...children);
await Promise.all([answered(surabaya, children[0]), answered(jakarta, children[1])]);

process.stdout.write(`
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
`);
