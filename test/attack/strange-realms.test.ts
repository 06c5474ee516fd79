import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { RealmReport } from "../../src/protocol/replies.ts";
import { newAccount } from "../support/new-account.ts";
import { quickest } from "../support/quickest.ts";
import { useServer } from "../support/test-server.ts";

// No host has a name that ends in .example (RFC 2606), so nothing of this is ever delivered.
const server = useServer({ FEDERATION: "open" });

test("the queue of one account to strange realms is bounded, and the sender is told", async () => {
  const sender = await newAccount(server, "penjelajah");
  const most = limits.strangeRealmsPerAccount;
  const replies = await Promise.all(
    Array.from({ length: most }, (_, n) => sender.command(`sendprivate rina@r${n}.example halo`)),
  );
  expect(new Set(replies.map(({ headers }) => headers["delivery-state"]))).toEqual(new Set(["queued"]));
  const refused = await sender.command("sendprivate rina@satu-lagi.example halo");
  expect([refused.status, refused.headers["error-code"], refused.headers["message-id"]]).toEqual([
    ...[409, "too-many-realms", undefined],
  ]);
  // A group of a strange realm is no way around it; more to the same realm is no further one.
  expect((await sender.command("sendgroup tim@satu-lagi.example halo")).headers["error-code"]).toBe("too-many-realms");
  expect((await sender.command("sendprivate rina@r7.example lagi")).headers["delivery-state"]).toBe("queued");
  await server.evict(sender.name);
  expect((await sender.command("sendprivate rina@satu-lagi.example halo")).headers["error-code"]).toBe(
    "too-many-realms",
  );
  const other = await newAccount(server, "lainnya");
  expect((await other.command("sendprivate rina@satu-lagi.example halo")).headers["delivery-state"]).toBe("queued");
});

test("messages that wait for other realms are bounded for one account, and the sender is told", async () => {
  const sender = await newAccount(server, "tekun");
  await sender.command("sendprivate rina@tutup.example halo");
  const account = `(select id from message_logs where kind = 'mailbox' and name = '${sender.name}')`;
  await server.sql(
    sender.name,
    `with recursive n (i) as (select 2 union all select i + 1 from n where i < ${limits.queuedPerAccount})
     insert into sent_messages (account_id, id, uid, kind, recipient, text, text_bytes, sent_at, state, destination, queue_position)
     select ${account}, i, 'u' || i, 'private', 'rina@tutup.example', 'x', 1, ${Date.now()}, 'queued', 'tutup.example', i from n`,
  );
  await server.evict(sender.name);
  const refused = await sender.command("sendprivate rina@tutup.example halo");
  expect([refused.status, refused.headers["error-code"]]).toEqual([409, "queue-full"]);
  expect((await sender.command(`sendprivate ${sender.name} halo`)).status).toBe(200);
});

test("a list of 5,000 realms costs what it shows, and its pages lead through all of them", async () => {
  const reader = await newAccount(server, "penonton");
  const few = await quickest(() => reader.command("realms"));
  const before = (await reader.command("realms limit=10000")).json.data as RealmReport[];
  await server.sql(
    reader.name,
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
     insert into destinations (destination, queue, failures, next_attempt_at, batch_size_limit, crashes_alone, others_accepted)
     select 'x' || i || '.example', 'messages', 3, ${Date.now() + 3_600_000}, 50, 0, 0 from n`,
  );
  const page = async (options: string) => (await reader.command(`realms ${options}`.trim())).json.data as RealmReport[];
  expect(await page("")).toHaveLength(limits.realmsPage);
  expect(await quickest(() => reader.command("realms"))).toBeLessThan(5 * few + 5);
  const seen: string[] = [];
  for (let past = ""; ; past = seen.at(-1) ?? "") {
    const rows = await page(`${past && `past=${past} `}limit=1000`);
    seen.push(...rows.map(({ realm }) => realm));
    if (rows.length < 1000) break;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toHaveLength(5000 + before.length);
});
