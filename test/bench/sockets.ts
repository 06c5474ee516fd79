/**
 * `npm run measure:sockets`: measures on each host the memory of idle live sockets in one realm, and the time of a send to a group
 * with 2 and with 1,000 members online. An object of workerd hibernates before its memory is measured.
 */
import { processUsage } from "../support/processes.ts";
import { messageText, seedAccounts } from "./bench-accounts.ts";
import type { BenchServer } from "./bench-server.ts";
import { createGroup, openSockets, sendOk } from "./commands.ts";
import { NodeServer } from "./node-server.ts";
import { ranahProgram } from "./program.ts";
import { quantile } from "./spread.ts";
import { WorkerdServer } from "./workerd-server.ts";

const largeGroupMembers = 1_000;
const sends = 300;
/** Longer than the runtime keeps an idle object in memory. */
const hibernationMs = 15_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

await measureHost("Node", new NodeServer({ REALM: "surabaya", ACCOUNT_RATE: "1000000" }), 10_000);
await measureHost(
  "workerd",
  new WorkerdServer(await ranahProgram(), { REALM: "surabaya", ACCOUNT_RATE: "1000000" }),
  2_000,
);
process.exit();

async function measureHost(host: string, realm: BenchServer, socketCount: number): Promise<void> {
  await realm.start();
  await realm.kill();
  seedAccounts(realm, 1, socketCount);
  await realm.start();
  const accounts = Array.from({ length: socketCount }, (_, n) => n + 1);
  await createGroup(realm, "besar", accounts.slice(0, largeGroupMembers));
  await createGroup(realm, "kecil", [1, 2]);
  const memory = () => processUsage(realm.pid).residentMb;
  const before = memory();
  const sockets: WebSocket[] = [];
  for (let from = 0; from < socketCount; from += 100) {
    sockets.push(...(await openSockets(realm, accounts.slice(from, from + 100))));
  }
  await pause(hibernationMs);
  const after = memory();
  const each = (1024 * (after - before)) / socketCount;
  console.log(
    `${host}: ${before.toFixed(0)} MiB without sockets, ${after.toFixed(0)} MiB with ${socketCount}: ${each.toFixed(1)} KiB each.`,
  );
  await measureGroup(host, realm, sockets, "kecil", 2);
  await measureGroup(host, realm, sockets, "besar", largeGroupMembers);
  for (const socket of sockets) socket.close();
  await realm.kill();
}

/** Measures sends to a group: the time to the reply, and the time until every member online has the message. */
async function measureGroup(
  host: string,
  realm: BenchServer,
  sockets: readonly WebSocket[],
  group: string,
  onlineMembers: number,
): Promise<void> {
  const received = sockets.map(() => 0);
  for (const [n, socket] of sockets.entries()) {
    socket.addEventListener("message", ({ data }) => {
      if (String(data).includes(`"${group}@surabaya"`)) received[n] = (received[n] ?? 0) + 1;
    });
  }
  const replyTimes: number[] = [];
  const fanOutTimes: number[] = [];
  for (let n = 0; n < sends; n++) {
    const start = performance.now();
    await sendOk(realm, 1, `sendgroup ${group} ${messageText}`);
    replyTimes.push(performance.now() - start);
    while (received.filter((count) => count > n).length < onlineMembers) await pause(1);
    fanOutTimes.push(performance.now() - start);
  }
  const format = (times: number[]) =>
    `median ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`;
  console.log(
    `${host}, a send to a group with ${onlineMembers} members online: reply ${format(replyTimes)}; received by all ${format(fanOutTimes)}.`,
  );
}
