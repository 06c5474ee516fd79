import { beforeAll, expect, test } from "vitest";
import type { ConversationSummary, ThreadMessage } from "../../src/protocol/replies.ts";
import { sendRequest } from "../support/command.ts";
import { openLive } from "../support/live-socket.ts";
import { startLongPoll } from "../support/long-poll.ts";
import { newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
let count = 0;
/** Creates an account. `say` returns the data of an OK reply, `fail` returns the error code. */
async function nextAccount(realm = "surabaya") {
  const one = await newAccount(server, `teman${++count}`, realm);
  const command = async (line: string) => {
    const reply = await one.command(line);
    expect(reply.text, line).toContain('"status":"OK"');
    return reply.json.data;
  };
  const fail = async (line: string) => (await one.command(line)).headers["error-code"];
  return { ...one, command, fail };
}
type TestAccount = Awaited<ReturnType<typeof nextAccount>>;
const thread = async (me: TestAccount, line: string) => (await me.command(line)) as ThreadMessage[];
const threads = async (me: TestAccount) => (await me.command("threads")) as ConversationSummary[];

let a: TestAccount;
let b: TestAccount;
beforeAll(async () => {
  [a, b] = [await nextAccount(), await nextAccount()];
});

test.each([["surabaya"], ["jakarta"]])(
  "a conversation with a user of %s shows both directions in one order to both users",
  async (realm) => {
    const [ani, dewi] = [await nextAccount(), await nextAccount(realm)];
    for (let n = 1; n <= 3; n++) {
      await ani.command(`sendprivate key=k${n} ${dewi.address} dari ani ${n}`);
      await dewi.command(`sendprivate ${ani.address} dari dewi ${n}`);
    }
    const mine = await thread(ani, `thread ${dewi.address}`);
    expect(mine.map(({ id, from, text, state, sent, key }) => [id, from, text, state, sent, key])).toEqual(
      [1, 2, 3].flatMap((n) => [
        [2 * n - 1, ani.address, `dari ani ${n}`, "delivered", n, `k${n}`],
        [2 * n, dewi.address, `dari dewi ${n}`, undefined, undefined, undefined],
      ]),
    );
    const theirs = await thread(dewi, `thread ${ani.address}`);
    expect(theirs.map(({ id, text, state }) => [id, text, state])).toEqual(
      mine.map(({ id, text, state }) => [id, text, state ? undefined : "delivered"]),
    );
  },
);

test("a conversation accepts the page options of an inbox", async () => {
  const [ani, dewi] = [await nextAccount(), await nextAccount()];
  for (let n = 1; n <= 30; n++) await (n % 3 ? ani : dewi).command(`sendprivate ${n % 3 ? dewi.name : ani.name} ${n}`);
  const ids = async (options: string) =>
    (await thread(ani, `thread ${options} ${dewi.name}`)).map(({ id, text }) => {
      expect(text).toBe(String(id));
      return id;
    });
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
  expect(await ids("after=25")).toEqual(range(26, 30));
  expect(await ids("before=4")).toEqual(range(1, 3));
  expect(await ids("last=5")).toEqual(range(26, 30));
  expect(await ids("last=5 before=20")).toEqual(range(15, 19));
  expect(await ids("after=10 limit=3")).toEqual(range(11, 13));
  expect(await ids("wait=0 after=30")).toEqual([]);
  expect(await thread(ani, "thread siapa-pun")).toEqual([]);
});

test("a failed message is in the conversation with its state", async () => {
  const ani = await nextAccount();
  await server.command("sendprivate tidak-ada halo", { token: ani.token });
  expect(await thread(ani, "thread tidak-ada")).toMatchObject([{ id: 1, state: "failed", reason: "no-such-user" }]);
});

test("a long poll on a conversation returns the next message of either side", async () => {
  const [ani, dewi] = [await nextAccount(), await nextAccount()];
  for (const [from, to, id] of [
    [ani, dewi, 1],
    [dewi, ani, 2],
  ] as const) {
    const waiting = [ani, dewi].map((one) =>
      thread(one, `thread after=${id - 1} wait=20 ${(one === ani ? dewi : ani).name}`),
    );
    await from.command(`sendprivate ${to.name} pesan ${id}`);
    for (const page of await Promise.all(waiting)) expect(page).toMatchObject([{ id, text: `pesan ${id}` }]);
  }
});

test("messages sent to a name before its registration are not read, counted or awaited by the new account", async () => {
  const [ani, name] = [await nextAccount(), `kelak${count}`];
  for (let n = 1; n <= 3; n++) expect(await ani.fail(`sendprivate ${name} gagal ${n}`)).toBe("no-such-user");
  const late = await newAccount(server, name);
  const threadsOf = async () => (await late.command("threads")).json.data as ConversationSummary[];
  expect(await threadsOf()).toEqual([]);
  expect((await late.command(`read kind=private ${ani.name} 3`)).headers["error-code"]).toBe("no-such-conversation");
  const { answer } = await startLongPoll(late.command, `thread after=0 wait=20 ${ani.name}`);
  await ani.command(`sendprivate ${name} halo`);
  const [first, ...more] = (await answer).json.data as ThreadMessage[];
  expect([first?.text, more]).toEqual(["halo", []]);
  expect(await threadsOf()).toMatchObject([{ with: ani.address, newest: first?.id, unread: 1 }]);
  expect((await thread(ani, `thread ${name}`)).map(({ state }) => state)).toEqual([
    "failed",
    "failed",
    "failed",
    "delivered",
  ]);
});

test("a list of many conversations with long last messages is complete, because it streams", async () => {
  const ani = await nextAccount();
  const names = Array.from({ length: 90 }, (_, n) => `penerima${count}-${n}`);
  await server.seedAccounts(names);
  // Each character takes six bytes in JSON, so the whole list exceeds the size limit of one answer between objects.
  const text = "\u0001".repeat(65_000);
  const lines = names.map((name) => `sendprivate ${name} ${text}`);
  for (let at = 0; at < lines.length; at += 15) {
    const sent = await sendRequest(new URL("/commands", server.url), "POST", lines.slice(at, at + 15).join("\n"), {
      authorization: `Bearer ${ani.token}`,
    });
    expect(sent.status).toBe(200);
  }
  const listed = await threads(ani);
  expect(listed).toHaveLength(90);
  for (const { last } of listed) expect(last.text === text).toBe(true);
});

test("messages to oneself form one conversation and appear in it once", async () => {
  const ani = await nextAccount();
  await ani.command(`sendprivate ${ani.name} ingat`);
  expect(await thread(ani, `thread ${ani.name}`)).toMatchObject([{ id: 1, from: ani.address, state: "delivered" }]);
  expect(await threads(ani)).toMatchObject([{ with: ani.address, newest: 1, unread: 0 }]);
});

test("conversations are listed latest first with unread counts, and read markers never go back", async () => {
  const [ani, dewi, far] = [await nextAccount(), await nextAccount(), await nextAccount("jakarta")];
  for (let n = 1; n <= 3; n++) await dewi.command(`sendprivate ${ani.name} ${n}`);
  await far.command(`sendprivate ${ani.address} halo`);
  await ani.command(`sendprivate ${far.address} halo juga`);
  expect(await threads(ani)).toMatchObject([
    // What an account sends moves its read marker.
    { with: far.address, newest: 2, read: 2, unread: 0, last: { id: 2, text: "halo juga", state: "delivered" } },
    { with: dewi.address, newest: 3, read: 0, unread: 3, last: { id: 3, text: "3" } },
  ]);
  expect(await ani.command(`read ${dewi.name} 2`)).toBe("Sudah dibaca sampai 2");
  expect(await ani.command(`read kind=private ${dewi.name} 1`)).toBe("Sudah dibaca sampai 2");
  expect((await threads(ani))[1]).toMatchObject({ read: 2, unread: 1 });
  // A read marker does not pass the newest message.
  expect(await ani.command(`read ${dewi.name} 9999`)).toBe("Sudah dibaca sampai 3");
  await dewi.command(`sendprivate ${ani.name} 4`);
  expect((await threads(ani))[0]).toMatchObject({ with: dewi.address, read: 3, unread: 1 });
  expect(await ani.fail("read siapa-pun 1")).toBe("no-such-conversation");
  // The other account has read markers of its own.
  expect((await threads(dewi))[0]).toMatchObject({ with: ani.address, read: 4, unread: 0 });
});

test("unread group messages are those of other users after the own ones", async () => {
  const [ani, far] = [await nextAccount(), await nextAccount("jakarta")];
  const group = `ramai${count}`;
  await ani.command(`creategroup ${group}`);
  await far.command(`joingroup ${group}@surabaya`);
  for (let n = 1; n <= 5; n++) await ani.command(`sendgroup ${group} ${n}`);
  await far.command(`sendgroup ${group}@surabaya 6`);
  const of = async (one: TestAccount) => ((await one.command("groups")) as { group: string }[])[0];
  expect(await of(ani)).toMatchObject({ newest: 6, read: 5, unread: 1 });
  expect(await of(far)).toMatchObject({ newest: 6, read: 6, unread: 0 });
  for (let n = 7; n <= 9; n++) await ani.command(`sendgroup ${group} ${n}`);
  expect(await of(ani)).toMatchObject({ newest: 9, read: 9, unread: 0 });
  expect(await of(far)).toMatchObject({ read: 6, unread: 3 });
  await far.command(`read ${group}@surabaya 8`);
  expect(await of(far)).toMatchObject({ read: 8, unread: 1 });
  expect(await far.command(`read kind=group ${group}@surabaya 77`)).toBe("Sudah dibaca sampai 9");
  expect(await ani.fail("read kind=group tidak-ada 1")).toBe("no-such-group");
});

test("every device of an account receives its sent messages, read markers and membership changes", async () => {
  const [ani, dewi] = [await nextAccount(), await nextAccount()];
  const live = await openLive(server.url, ani.token);
  await ani.command(`sendprivate key=satu ${dewi.name} halo`);
  await dewi.command(`sendprivate ${ani.name} hai`);
  await ani.command(`read ${dewi.name} 2`);
  const group = `perangkat${count}`;
  await ani.command(`creategroup ${group}`);
  await ani.command(`leavegroup ${group}`);
  await expect.poll(() => live.events("membership").length).toBe(2);
  const eventData = (event: string) => live.events(event).map(({ data }) => data);
  expect(eventData("sent")).toMatchObject([{ to: dewi.address, thread: 1, id: 1, text: "halo", key: "satu" }]);
  // If the recipient is in another object, the message is queued first.
  const states = [...eventData("sent"), ...eventData("delivery")].map((data) => (data as { state: string }).state);
  expect(states.at(-1)).toBe("delivered");
  expect(eventData("message")).toMatchObject([{ id: 1, from: dewi.address, text: "hai", thread: 2 }]);
  expect(eventData("read")).toEqual([{ kind: "private", with: dewi.address, id: 2 }]);
  expect(eventData("membership")).toEqual([
    { group: `${group}@surabaya`, role: "owner" },
    { group: `${group}@surabaya`, role: null },
  ]);
  live.close();
});

test("every device of an account receives the reason of a failed message", async () => {
  const ani = await nextAccount();
  const live = await openLive(server.url, ani.token);
  expect(await ani.fail("sendprivate nihil halo")).toBe("no-such-user");
  // If the unknown name belongs to another object, the message is queued first.
  const eventData = () => [...live.events("sent"), ...live.events("delivery")].map(({ data }) => data);
  await expect.poll(() => eventData().at(-1)).toMatchObject({ id: 1, state: "failed", reason: "no-such-user" });
  live.close();
});

test("a retry and a backfill include a message's id in the conversation", async () => {
  const [ani, dewi] = [await nextAccount(), await nextAccount()];
  const live = await openLive(server.url, ani.token);
  for (const send of ["sendprivate", "sendprivate key=dua", "sendprivate key=dua"])
    live.send(`${send} ${dewi.name} halo`);
  await expect.poll(() => live.replies().length).toBe(3);
  expect(live.replies().map(({ delivery }) => delivery)).toMatchObject([{ thread: 1 }, { thread: 2 }, { thread: 2 }]);
  await dewi.command(`sendprivate ${ani.name} hai`);
  live.close();
  const [late, far] = [await openLive(server.url, dewi.token, 0), await openLive(server.url, ani.token, 0)];
  await expect.poll(() => [late, far].map((each) => each.events("live").length)).toEqual([1, 1]);
  const threads = (each: typeof late) => each.events("message").map(({ data }) => (data as { thread: number }).thread);
  expect([late, far].map(threads)).toEqual([[1, 2], [3]]);
  for (const each of [late, far]) each.close();
});

test("a page of a conversation with 100,000 messages is found without a scan or a sort", async () => {
  await a.command(`sendprivate ${b.name} awal`);
  const log = (name: string) => `(select id from message_logs where kind = 'mailbox' and name = '${name}')`;
  // The conversation of b always refers to b's mailbox. That of a does so only if both are in one object.
  await server.sql(
    b.name,
    `with recursive n (i) as (select 2 union all select i + 1 from n where i < 100000)
     insert into messages (log_id, id, sender, text, sent_at, received_at) select ${log(b.name)}, i, '${a.address}', 'x', i, i from n`,
  );
  await server.sql(
    b.name,
    `with recursive n (i) as (select 2 union all select i + 1 from n where i < 100000)
     insert into conversation_messages (conversation_id, seq, by_first, mailbox_message_id)
     select conversations.id, i, first_address = '${a.address}', i from n, conversations where '${a.address}' in (first_address, second_address)`,
  );
  const page = await thread(b, `thread last=50 ${a.name}`);
  expect(page.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => 99_951 + n));
  const older = await thread(b, `thread last=50 before=50000 ${a.name}`);
  expect(older.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => 49_950 + n));
  const plan = await server.sql<{ detail: string }>(
    b.name,
    `explain query plan select seq from conversation_messages left join messages on messages.log_id = 1 and messages.id = mailbox_message_id
     where conversation_id = 1 and seq > 5 and seq <= 9 order by seq limit 4`,
  );
  expect(plan.map(({ detail }) => detail).join("\n")).not.toMatch(/SCAN|TEMP B-TREE/);
});
