/**
 * `npm run cost`: what the commands cost on Cloudflare, in dollars. Rows, calls and requests are counted in the real
 * code on plain workerd, prices are those of `prices.ts`, and what is assumed is said.
 */
import { text } from "../bench/bench-accounts.ts";
import type { Plain } from "../bench/workerd-server.ts";
import type { Cost } from "../support/cost.ts";
import { countOf } from "./count.ts";
import { type Bill, dollarsOf, freeOf, prices } from "./prices.ts";
import { demand, openGroup, openRealms, openSockets } from "./realms.ts";

/** Seconds that a call keeps its object busy: the platform confirms a write only when several machines have it. */
const callSeconds = 0.02;
/** Seconds that a hash keeps the hasher busy, and the object that waits for it. */
const hashSeconds = 0.3;
/** How often a day a socket is opened anew: releases, networks and sleeping telephones close it. */
const openingsPerDay = 2;
const million = 1e6;

const online = 1_000;
const { surabaya, jakarta } = await openRealms(online);
const both = [surabaya.url, jakarta.url];
const bills: Record<string, Bill> = {};

/** Counts what a command costs, done `times` times one after another, or all at once. */
async function count(
  what: string,
  times: number,
  command: (n: number) => Promise<unknown>,
  more: { atOnce?: boolean; seconds?: number } = {},
) {
  const costs = await countOf(both, times, async () => {
    if (more.atOnce) await Promise.all(Array.from({ length: times }, (_, n) => command(n)));
    else for (let n = 0; n < times; n++) await command(n);
  });
  bills[what] = { ...costs, objectSeconds: more.seconds ?? costs.calls * callSeconds };
}

await demand(surabaya, 1, `sendprivate 2 ${text}`);
await demand(surabaya, 1, `sendprivate 2@jakarta ${text}`);
await count("private messages", 50, () => demand(surabaya, 1, `sendprivate 2 ${text}`));
await count("private messages with a key", 50, (n) => demand(surabaya, 1, `sendprivate key=k${n} 2 ${text}`));
await count("federated messages, one by one", 50, () => demand(surabaya, 1, `sendprivate 2@jakarta ${text}`));
await count("federated messages, in a crowd", 500, () => demand(surabaya, 1, `sendprivate 2@jakarta ${text}`), {
  atOnce: true,
});
await count("pages of 50 messages", 20, () => demand(surabaya, 2, "inbox last=50"));

const password = "rahasia-sekali";
await demand(surabaya, 1, `register orang ${password}`);
await count("logins", 4, () => demand(surabaya, 1, `auth orang ${password}`), { seconds: 2 * hashSeconds });

const people = Array.from({ length: online }, (_, n) => n + 1);
let sockets: WebSocket[] = [];
let haveMembers = true;
for (const members of [10, online]) {
  const some = people.slice(0, members);
  const group = `grup-${members}`;
  haveMembers = await openGroup(surabaya, group, some);
  await countSockets(some);
  await demand(surabaya, 1, `sendgroup ${group} ${text}`);
  await count(`group messages, ${members.toLocaleString("en")} members online`, 20, () =>
    demand(surabaya, 1, `sendgroup ${group} ${text}`),
  );
  if (members === 10)
    await count("group messages with a key", 20, (n) => demand(surabaya, 1, `sendgroup key=g${n} ${group} ${text}`));
  for (const socket of sockets) socket.close();
}

const bytes = await bytesPerMessage();
print();
process.exit();

/** Opens sockets and notes what one opening costs. */
async function countSockets(names: readonly number[]): Promise<void> {
  const costs: Cost = await countOf(both, names.length, async () => {
    sockets = await openSockets(surabaya, names);
  });
  bills["openings of a live socket"] = { ...costs, objectSeconds: costs.calls * callSeconds };
}

/** What a private message takes on disk, with its sender and with its recipient together. */
async function bytesPerMessage(): Promise<number> {
  const messages = 2_000;
  const before = await sizeOf(surabaya);
  await Promise.all(
    Array.from({ length: messages }, (_, n) => demand(surabaya, 1 + (n % 50), `sendprivate ${51 + (n % 50)} ${text}`)),
  );
  return ((await sizeOf(surabaya)) - before) / messages;
}

async function sizeOf(realm: Plain): Promise<number> {
  await realm.kill();
  const bytes = realm.sql("logs", (database) => {
    database.exec("pragma wal_checkpoint(truncate)");
    const row = database.prepare("select page_count * page_size bytes from pragma_page_count, pragma_page_size").get();
    return Number(row?.bytes);
  });
  await realm.start();
  return bytes;
}

function print(): void {
  const digits = (value: number, most = 2) => value.toLocaleString("en", { maximumFractionDigits: most });
  console.log(
    `| a million | Worker requests | object calls | rows written | rows read | dollars | the free plan carries a day |`,
  );
  console.log(`| --- | --: | --: | --: | --: | --: | --- |`);
  for (const [what, bill] of Object.entries(bills)) {
    const { count, by } = freeOf(bill);
    const calls = bill.calls + bill.rung;
    const cells = [what, ...[bill.requests, calls, bill.rowsWritten, bill.rowsRead].map((value) => digits(value))];
    console.log(
      `| ${cells.join(" | ")} | ${digits(million * dollarsOf(bill))} | ${digits(count)}; ${by} run out first |`,
    );
  }
  const opening = bills["openings of a live socket"];
  if (!opening) throw new Error("no socket was counted");
  const month = 1_000 * openingsPerDay * 30 * dollarsOf({ ...opening, rowsWritten: opening.rowsWritten + 1 });
  console.log(`
- Counts are for one of each; dollars are for a million of them, at Cloudflare's prices of ${prices.asOf} and beyond what a paid plan includes.
- 1,000 idle accounts with open sockets: ${digits(month)} dollars a month, where each is opened ${openingsPerDay} times a day and each opening also notes the use of its session. A socket that sleeps costs nothing.
- Keeping a million private messages of ${text.length} characters: ${digits((million * bytes * prices.gigabyteMonth) / 1e9)} dollars a month (${digits(bytes, 0)} bytes each, with sender and recipient).
- Assumed: a call keeps its object busy for ${callSeconds} s, a hash two objects for ${hashSeconds} s each.${haveMembers ? "" : "\n- Groups have no members yet: the sockets are those of accounts of the realm."}`);
}
