/**
 * `npm run fuzz`: sends a million generated inputs through every door of a self-hosted server on this machine, and exits with 1 where
 * one is not answered in the form of the protocol.
 *
 * --count N: another number. --seed N: other inputs.
 */
import { parseArgs } from "node:util";
import { command } from "../support/command.ts";
import { FakePeer } from "../support/fake-peer.ts";
import { selfhostDriver } from "../support/selfhost.ts";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: String(Date.now()) } },
});
const peer = new FakePeer("malang");
const driver = selfhostDriver();
const url = await driver.start({
  REALM: "surabaya",
  PEERS: JSON.stringify({ malang: await peer.start() }),
  PEER_RATE: 1_000_000,
  ACCOUNT_RATE: 1_000_000,
  ACCOUNT_QUOTA_MB: 10_000,
});
try {
  await command(url, "register budi rahasia-budi");
  const login = await command(url, "auth budi rahasia-budi");
  const { token } = login.json.data as { token: string };
  await command(url, "creategroup tim", { token });
  const start = performance.now();
  const seed = Number(values.seed) % 1_000_000_000;
  const result = await fuzz({ server: { url }, peer, token, count: Number(values.count), seed });
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${result.inputs} inputs with seed ${seed} in ${seconds} s, answered ${JSON.stringify(result.statuses)}`);
  for (const problem of result.problems) console.log(problem);
  if (result.problems.length > 0) process.exitCode = 1;
  else console.log("Every answer has the form of the protocol, and none is 500 or more.");
} finally {
  await driver.close();
  peer.stop();
}
