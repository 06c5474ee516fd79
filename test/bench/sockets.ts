/**
 * `npm run measure:sockets`: what idle live sockets weigh in one realm, awake and asleep, and what its members' sockets
 * add to the time of a send to a group of 1,000.
 */
import { readFileSync } from "node:fs";
import { demand, openGroup, openSockets } from "../cost/realms.ts";
import { addPeople, text } from "./bench-accounts.ts";
import { spreadOf } from "./report.ts";
import { Plain, ranah } from "./workerd-server.ts";

const idle = 2_000;
const members = 1_000;
const sends = 300;
/** Longer than the runtime keeps an object awake that nobody speaks to. */
const untilAsleepMs = 15_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const realm = new Plain(await ranah(), { REALM: "surabaya" });
await realm.start();
await realm.kill();
addPeople(realm, 1, idle);
await realm.start();

const names = Array.from({ length: members }, (_, n) => n + 1);
await openGroup(realm, "besar", names);
await openGroup(realm, "kecil", [1, 2]);
await demand(realm, 1, "whoami");
const before = memoryMib();
const sockets: WebSocket[] = [];
for (let from = 1; from <= idle; from += 100) {
  sockets.push(
    ...(await openSockets(
      realm,
      Array.from({ length: 100 }, (_, n) => from + n),
    )),
  );
}
const open = memoryMib();
await pause(untilAsleepMs);
const asleep = memoryMib();
console.log(
  `Memory of the process: ${before} MiB without sockets, ${open} MiB with ${idle}, ${asleep} MiB when all sleep.`,
);

for (const group of ["kecil", "besar"]) {
  const heard = sockets.map(() => 0);
  for (const [n, socket] of sockets.entries()) {
    socket.addEventListener("message", ({ data }) => {
      if (String(data).includes(`"${group}@surabaya"`)) heard[n] = (heard[n] ?? 0) + 1;
    });
  }
  const ms: number[] = [];
  const all: number[] = [];
  const listeners = group === "besar" ? members : 2;
  for (let n = 0; n < sends; n++) {
    const start = performance.now();
    await demand(realm, 1, `sendgroup ${group} ${text}`);
    ms.push(performance.now() - start);
    while (heard.filter((times) => times > n).length < listeners) await pause(1);
    all.push(performance.now() - start);
  }
  const of = (values: number[], part: number) => [...values].sort((a, b) => a - b)[Math.floor(values.length * part)];
  const shown = (values: number[]) =>
    `median ${spreadOf(values).median.toFixed(1)} ms, p99 ${(of(values, 0.99) ?? 0).toFixed(1)} ms`;
  console.log(
    `A send to a group with ${listeners} members online: ${shown(ms)}; until all have heard it ${shown(all)}.`,
  );
}
process.exit();

/** Resident memory of workerd. */
function memoryMib(): number {
  const pages = Number(readFileSync(`/proc/${realm.pid}/statm`, "utf8").split(" ")[1]);
  return Math.round((pages * 4096) / 2 ** 20);
}
