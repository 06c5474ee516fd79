/**
 * `npm run cost`: estimates what commands cost on Cloudflare. Rows, calls and requests are measured with the deployed code on
 * plain workerd. Prices come from `prices.ts`. The report lists the assumptions.
 */
import { messageText } from "../bench/bench-accounts.ts";
import { createGroup, openSockets, sendOk } from "../bench/commands.ts";
import type { WorkerdServer } from "../bench/workerd-server.ts";
import { measureCost } from "./measure-cost.ts";
import { openRealms } from "./open-realms.ts";
import { type Bill, costInDollars, freePlanCapacity, prices } from "./prices.ts";

/** Assumed seconds that a call keeps its object busy. The platform confirms a write only after several machines have it. */
const callSeconds = 0.02;
/** Assumed seconds that a password hash keeps the hasher busy, and also the object that waits for it. */
const hashSeconds = 0.3;
/** Assumed times per day that a client opens its socket again, after releases, network changes and standby. */
const openingsPerDay = 2;
const million = 1e6;

const onlineAccounts = 1_000;
const { surabaya, jakarta } = await openRealms(onlineAccounts);
const servers = [surabaya.url, jakarta.url];
const bills: Record<string, Bill> = {};

await sendOk(surabaya, 1, `sendprivate 2 ${messageText}`);
await sendOk(surabaya, 1, `sendprivate 2@jakarta ${messageText}`);
await recordCost("private messages", 50, () => sendOk(surabaya, 1, `sendprivate 2 ${messageText}`));
await recordCost("private messages with a key", 50, (n) =>
  sendOk(surabaya, 1, `sendprivate key=k${n} 2 ${messageText}`),
);
await recordCost("federated messages, one by one", 50, () =>
  sendOk(surabaya, 1, `sendprivate 2@jakarta ${messageText}`),
);
await recordCost(
  "federated messages, concurrent",
  500,
  () => sendOk(surabaya, 1, `sendprivate 2@jakarta ${messageText}`),
  {
    isConcurrent: true,
  },
);
await recordCost("pages of 50 messages", 20, () => sendOk(surabaya, 2, "inbox last=50"));

const password = "rahasia-sekali";
await sendOk(surabaya, 1, `register orang ${password}`);
await recordCost("logins", 4, () => sendOk(surabaya, 1, `auth orang ${password}`), { objectSeconds: 2 * hashSeconds });

const accounts = Array.from({ length: onlineAccounts }, (_, n) => n + 1);
for (const memberCount of [10, onlineAccounts]) {
  const members = accounts.slice(0, memberCount);
  const group = `grup-${memberCount}`;
  await createGroup(surabaya, group, members);
  const sockets = await recordSocketCost(members);
  await sendOk(surabaya, 1, `sendgroup ${group} ${messageText}`);
  await recordCost(`group messages, ${memberCount.toLocaleString("en")} members online`, 20, () =>
    sendOk(surabaya, 1, `sendgroup ${group} ${messageText}`),
  );
  if (memberCount === 10) {
    await recordCost("group messages with a key", 20, (n) =>
      sendOk(surabaya, 1, `sendgroup key=g${n} ${group} ${messageText}`),
    );
  }
  for (const socket of sockets) socket.close();
}

const bytes = await bytesPerMessage();
printReport();
process.exit();

/** Measures the cost of a command over `times` runs, one after another or concurrent. */
async function recordCost(
  name: string,
  times: number,
  command: (n: number) => Promise<unknown>,
  options: { isConcurrent?: boolean; objectSeconds?: number } = {},
) {
  const cost = await measureCost(servers, times, async () => {
    if (options.isConcurrent) await Promise.all(Array.from({ length: times }, (_, n) => command(n)));
    else for (let n = 0; n < times; n++) await command(n);
  });
  bills[name] = { ...cost, objectSeconds: options.objectSeconds ?? cost.calls * callSeconds };
}

/** Opens a socket for each account and records the cost of opening one. */
async function recordSocketCost(members: readonly number[]): Promise<WebSocket[]> {
  let sockets: WebSocket[] = [];
  const cost = await measureCost(servers, members.length, async () => {
    sockets = await openSockets(surabaya, members);
  });
  bills["openings of a live socket"] = { ...cost, objectSeconds: cost.calls * callSeconds };
  return sockets;
}

/** Disk space of a private message, for sender and recipient together. */
async function bytesPerMessage(): Promise<number> {
  const messages = 2_000;
  const before = await databaseBytes(surabaya);
  const sends = Array.from({ length: messages }, (_, n) =>
    sendOk(surabaya, 1 + (n % 50), `sendprivate ${51 + (n % 50)} ${messageText}`),
  );
  await Promise.all(sends);
  return ((await databaseBytes(surabaya)) - before) / messages;
}

async function databaseBytes(realm: WorkerdServer): Promise<number> {
  await realm.kill();
  const [bytes = 0] = realm.sql("message_logs", (database) => {
    database.exec("pragma wal_checkpoint(truncate)");
    const row = database.prepare("select page_count * page_size bytes from pragma_page_count, pragma_page_size").get();
    return Number(row?.bytes);
  });
  await realm.start();
  return bytes;
}

function printReport(): void {
  const digits = (value: number, max = 2) => value.toLocaleString("en", { maximumFractionDigits: max });
  console.log(
    "| operation | Worker requests | object calls | rows written | rows read | dollars per million | free plan, per day |",
  );
  console.log("| --- | --: | --: | --: | --: | --: | --- |");
  for (const [name, bill] of Object.entries(bills)) {
    const { count, limit } = freePlanCapacity(bill);
    const calls = bill.calls + bill.alarmRuns;
    const counts = [bill.requests, calls, bill.rowsWritten, bill.rowsRead].map((value) => digits(value));
    const dollars = digits(million * costInDollars(bill));
    console.log(`| ${[name, ...counts, dollars].join(" | ")} | ${digits(count)}, limited by ${limit} |`);
  }
  const opening = bills["openings of a live socket"];
  if (!opening) throw new Error("no socket was measured");
  // Each opening also records that its session was used.
  const openingCost = costInDollars({ ...opening, rowsWritten: opening.rowsWritten + 1 });
  const month = 1_000 * openingsPerDay * 30 * openingCost;
  console.log(`
- Counts are per operation. Dollars are per million operations, at Cloudflare's prices of ${prices.asOf}, beyond the included usage of a paid plan.
- 1,000 idle accounts with open sockets cost ${digits(month)} dollars a month, if each client opens its socket ${openingsPerDay} times a day. A hibernating socket costs nothing.
- Storing a million private messages of ${messageText.length} characters costs ${digits((million * bytes * prices.gigabyteMonth) / 1e9)} dollars a month (${digits(bytes, 0)} bytes each, for sender and recipient together).
- Assumptions: a call keeps its object busy for ${callSeconds} s. A password hash keeps two objects busy for ${hashSeconds} s each.`);
}
