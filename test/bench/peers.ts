/**
 * `npm run bench:peers`: the same private send to a recipient who is offline, to Ranah on Node and to other chat servers that are
 * installed on this machine (Debian: `apt-get install ejabberd wrk`). What is not installed is named and skipped.
 *
 * --rounds N, --seconds N: number of rounds and length of each run.
 */
import { parseArgs } from "node:util";
import { bearerHeader, messageText, seedAccounts } from "./bench-accounts.ts";
import { recipientOf, senders } from "./bench-fixture.ts";
import { EjabberdServer } from "./ejabberd-server.ts";
import { LoadGenerator } from "./load-generator.ts";
import { NodeServer } from "./node-server.ts";
import { describeMachine } from "./report.ts";
import { formatSpread, spreadOf } from "./spread.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, seconds: { type: "string", default: "4" } },
});

interface Peer {
  name: string;
  server: NodeServer | EjabberdServer;
  path: string;
  requests: { headers: Record<string, string>; body: string }[];
}

const peers: Peer[] = [await openRanah()];
if (await EjabberdServer.isInstalled()) peers.push(await openEjabberd());
else console.log("ejabberd is not installed: skipped.");

const generator = new LoadGenerator();
const rates = new Map<string, number[]>();
for (let round = 0; round <= Number(options.rounds); round++) {
  for (const connections of [1, 32, 128]) {
    for (const { name, server, path, requests } of peers) {
      const seconds = round === 0 ? 1 : Number(options.seconds);
      const load = { kind: "http" as const, url: server.url + path, connections, seconds, requests };
      const { perSecond } = await generator.measure(load, [server]);
      const key = `${name}, ${connections} connections`;
      // Round 0 warms up.
      if (round > 0) rates.set(key, [...(rates.get(key) ?? []), perSecond]);
    }
  }
}
generator.stop();
const { cores, processor } = describeMachine();
console.log(`${new Date().toISOString().slice(0, 10)}, ${cores} cores of ${processor}; private sends a second:`);
for (const [key, values] of rates) console.log(`${key}: ${formatSpread(spreadOf(values), 0)}`);
process.exit();

async function openRanah(): Promise<Peer> {
  const server = new NodeServer({ REALM: "surabaya", ACCOUNT_RATE: "1000000" });
  await server.start();
  await server.kill();
  seedAccounts(server, 1, 2 * senders.length);
  await server.start();
  const requests = senders.map((by) => ({
    headers: bearerHeader(by),
    body: `sendprivate ${recipientOf(by)} ${messageText}`,
  }));
  return { name: "Ranah on Node", server, path: "/command", requests };
}

async function openEjabberd(): Promise<Peer> {
  const server = new EjabberdServer();
  await server.start();
  for (let user = 1; user <= 2 * senders.length; user++) {
    await server.call("register", { user: String(user), host: "localhost", password: "rahasia-sekali" });
  }
  const requests = senders.map((by) => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      type: "chat",
      from: `${by}@localhost`,
      to: `${recipientOf(by)}@localhost`,
      subject: "",
      body: messageText,
    }),
  }));
  return { name: "ejabberd", server, path: "/api/send_message", requests };
}
