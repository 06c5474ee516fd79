/**
 * `npm run dev`: one server that hosts two realms by host name. curl and browsers resolve `*.localhost` to this machine.
 * `npm run dev -- --port N --persist-to DIR` and every other option of `wrangler dev` work.
 */
import { parseArgs } from "node:util";
import { ensureFree, ensurePort } from "./exit-with.ts";
import { livesWith, Server } from "./wrangler-server.ts";

const given = process.argv.slice(2);
const { values } = parseArgs({
  args: given,
  options: { port: { type: "string" }, ip: { type: "string" } },
  strict: false,
});
const port = ensurePort(values.port ?? "8787");
/** Where wrangler listens: `localhost` is both addresses. */
const ip = typeof values.ip === "string" ? values.ip : "localhost";
const isAnywhere = ["*", "0.0.0.0", "::"].includes(ip);
await ensureFree(port, ip === "localhost" ? ["127.0.0.1", "::1"] : [isAnywhere ? "0.0.0.0" : ip]);

const server = new Server(
  `http://${isAnywhere || ip === "localhost" ? "127.0.0.1" : ip}:${port}`,
  values.port === undefined ? ["--port", port, ...given] : given,
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
void livesWith(server);

const surabaya = `http://surabaya.localhost:${port}`;
const jakarta = `http://jakarta.localhost:${port}`;
if (await server.serves()) {
  process.stdout.write(`
Two realms: ${surabaya} and ${jakarta}. Open them in a browser, or paste into another terminal:

curl -d 'register budi rahasia-sekali' ${surabaya}/command
curl -d 'register ani rahasia-juga' ${jakarta}/command
BUDI=$(curl -sd 'auth budi rahasia-sekali' ${surabaya}/command | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')
ANI=$(curl -sd 'auth ani rahasia-juga' ${jakarta}/command | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')
curl -H "Authorization: Bearer $BUDI" -d 'sendprivate ani@jakarta halo dari Surabaya' ${surabaya}/command
curl -H "Authorization: Bearer $ANI" -d 'inbox' ${jakarta}/command
curl -H "Authorization: Bearer $BUDI" -d 'creategroup tim' ${surabaya}/command
curl -H "Authorization: Bearer $ANI" -d 'sendgroup tim@surabaya halo semua' ${jakarta}/command
curl -H "Authorization: Bearer $BUDI" -d 'inboxgroup tim' ${surabaya}/command
`);
}
