import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { residentBytes } from "../support/resident-memory.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const mib = 1024 * 1024;
/** More than what the system buffers for a connection. */
const bufferedMaxBytes = 14 * mib;
/** So many of 1 KiB that a reader which has taken `bufferedMaxBytes` has made progress at the server, and is not at its end. */
const messages = 34_000;
let token = "";
let other = "";

beforeAll(async () => {
  [token = "", other = ""] = await server.seedAccounts(["penunda", "tetangga"]);
  for (const name of ["penunda", "tetangga"]) {
    await server.sql(
      name,
      `with recursive n (id) as (select 1 union all select id + 1 from n where id < ${messages})
       insert into messages (log_id, id, uid, sender, text, sent_at, received_at)
       select message_logs.id, n.id, null, 'ani@jakarta', printf('%01000d', n.id), 0, 0 from n, message_logs
       where kind = 'mailbox' and name = '${name}'`,
    );
    await server.evict(name);
  }
}, 120_000);

/** Asks for a long reply and reads nothing of it. */
async function stalledReader(path: string, body: string, by = token): Promise<IncomingMessage> {
  const asked = request(String(new URL(path, server.url)), {
    method: "POST",
    headers: { authorization: `Bearer ${by}` },
  });
  asked.on("error", () => {});
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.pause();
  response.on("error", () => {});
  onTestFinished(() => void response.destroy());
  return response;
}

/** Reads the rest. @returns whether the reply was complete */
async function isComplete(response: IncomingMessage): Promise<boolean> {
  let end = "";
  try {
    for await (const chunk of response) end = `${end}${chunk}`.slice(-4);
  } catch {
    return false;
  }
  return end === "\r\n\r\n";
}

/** Reads until the reply breaks off, or until it must have made progress. */
async function isBrokenOff(response: IncomingMessage): Promise<boolean> {
  let read = 0;
  try {
    for await (const chunk of response) {
      read += chunk.length;
      if (read > bufferedMaxBytes) return false;
    }
  } catch {}
  return true;
}

test.each([
  ["a page", "/command", "inbox"],
  ["a bulk request", "/commands", "inbox\n"],
])(
  "the 17th reply of %s breaks off the one that was without progress longest, and no other",
  async (_, path, body) => {
    const active = await stalledReader(path, body);
    const stalled: IncomingMessage[] = [];
    while (stalled.length < limits.streamsPerAccount - 1) stalled.push(await stalledReader(path, body));
    const neighbour = await stalledReader(path, body, other);
    // The oldest makes progress.
    let read = 0;
    for await (const chunk of active.iterator({ destroyOnReturn: false })) {
      read += chunk.length;
      if (read > bufferedMaxBytes) break;
    }
    expect((await server.command("whoami", { token })).status).toBe(200);
    const newest = await stalledReader(path, body);
    expect(await Promise.all([active, newest, neighbour].map(isComplete))).toEqual([true, true, true]);
    const brokenOff = await Promise.all(stalled.map(isBrokenOff));
    expect(brokenOff.filter((each) => each)).toHaveLength(1);
    // Those that have ended count no more.
    const [again] = [await stalledReader(path, body), await stalledReader(path, body)];
    expect(again && (await isComplete(again))).toBe(true);
  },
  120_000,
);

test("many readers that stall take bounded memory", async () => {
  const before = residentBytes() ?? 0;
  for (let n = 0; n < 150; n++) await stalledReader("/command", "inbox");
  const growth = (residentBytes() ?? 0) - before;
  console.info(`150 stalled readers: +${Math.round(growth / mib)} MiB`);
  expect(growth).toBeLessThan(120 * mib);
});
