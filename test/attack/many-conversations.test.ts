import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { ConversationSummary } from "../../src/protocol/replies.ts";
import { newAccount } from "../support/new-account.ts";
import { quickest } from "../support/quickest.ts";
import { seedConversations } from "../support/seed-conversations.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const many = 100_000;
const few = 100;
let busy: Awaited<ReturnType<typeof newAccount>>;
let quiet: Awaited<ReturnType<typeof newAccount>>;
beforeAll(async () => {
  [busy, quiet] = [await newAccount(server, "ramai"), await newAccount(server, "sepi")];
  await seedConversations(server, busy.name, many);
  await seedConversations(server, quiet.name, few);
});
const threads = async (who: typeof busy, options = "") =>
  (await who.command(`threads ${options}`.trim())).json.data as ConversationSummary[];

test("the list of 100,000 conversations costs what it shows: hardly more than a list of 100", async () => {
  expect(await threads(busy)).toHaveLength(limits.conversationsPage);
  expect(await threads(quiet)).toHaveLength(few);
  const [ofBusy, ofQuiet] = [await quickest(() => threads(busy)), await quickest(() => threads(quiet))];
  expect(ofBusy).toBeLessThan(5 * ofQuiet);
});

test("the pages of the list lead through all conversations, the latest first, each once", async () => {
  const seen: string[] = [];
  for (let before: number | undefined; seen.length < many; ) {
    const page = await threads(busy, `${before === undefined ? "" : `before=${before} `}limit=10000`);
    expect(page.map(({ position }) => position)).toEqual(page.map(({ position }) => position).sort((a, b) => b - a));
    seen.push(...page.map((row) => row.with));
    before = page.at(-1)?.position;
    if (page.length === 0) break;
  }
  expect(new Set(seen).size).toBe(many);
  expect(seen).toHaveLength(many);
  const [first] = await threads(busy, "limit=1");
  expect(await threads(busy, `after=${(first?.position ?? 0) - 1}`)).toEqual([first]);
  expect(await threads(busy, `after=${first?.position}`)).toEqual([]);
});

test("a conversation that gets a message goes to the front, with its unread messages", async () => {
  await quiet.command(`sendprivate ${busy.name} halo`);
  await quiet.command(`sendprivate ${busy.name} lagi`);
  expect(await threads(busy, "limit=1")).toMatchObject([
    { with: quiet.address, newest: 2, read: 0, unread: 2, last: { text: "lagi" } },
  ]);
  await busy.command(`sendprivate ${quiet.name} hai`);
  expect(await threads(busy, "limit=1")).toMatchObject([{ with: quiet.address, newest: 3, read: 3, unread: 0 }]);
});

test("conversations in which every message has failed make no rows in the list", async () => {
  const sender = await newAccount(server, "pengirim");
  for (let n = 0; n < 20; n++) {
    expect((await sender.command(`sendprivate tiada-${n} halo`)).headers["error-code"]).toBe("no-such-user");
  }
  expect(await threads(sender)).toEqual([]);
  expect((await sender.command("thread tiada-7")).json.data).toMatchObject([{ state: "failed" }]);
  await sender.command(`sendprivate ${quiet.name} halo`);
  await sender.command("sendprivate tiada-3 lagi");
  expect((await threads(sender)).map((row) => row.with)).toEqual([quiet.address]);
});

test("an account that has started the maximum of conversations is told so, and may go on with those that it has", async () => {
  const starter = await newAccount(server, "pemula");
  await starter.command(`sendprivate ${quiet.name} halo`);
  // Ten thousand sends would take a minute.
  const most = limits.conversationsStartedPerAccount;
  const account = `(select id from message_logs where kind = 'mailbox' and name = '${starter.name}')`;
  await server.sql(
    starter.name,
    `update account_checkpoints set conversations_started = ${most} where account_id = ${account}`,
  );
  await server.evict(starter.name);
  const refused = await starter.command("sendprivate baru halo");
  expect([refused.status, refused.headers["error-code"], refused.headers["message-id"]]).toEqual([
    ...[409, "too-many-conversations", undefined],
  ]);
  expect((await starter.command("sent")).json.data).toHaveLength(1);
  expect((await starter.command(`sendprivate ${quiet.name} lagi`)).status).toBe(200);
  // Whoever is written to may answer.
  await busy.command(`sendprivate ${starter.name} halo`);
  expect((await starter.command(`sendprivate ${busy.name} hai`)).status).toBe(200);
});
