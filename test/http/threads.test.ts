import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { ConversationSummary, ThreadMessage } from "../../src/protocol/replies.ts";
import { exchange } from "../support/command.ts";
import { openLive } from "../support/live.ts";
import { newcomer } from "../support/new-account.ts";
import { openPoll } from "../support/open-poll.ts";
import { useServer } from "../support/realm.ts";

const server = useServer();
let count = 0;
/** Somebody new, with a token. */
async function somebody(realm = "surabaya") {
  const one = await newcomer(server, `teman${++count}`, realm);
  const say = async (line: string) => {
    const reply = await one.say(line);
    expect(reply.text, line).toContain('"status":"OK"');
    return reply.json.data;
  };
  const fail = async (line: string) => (await one.say(line)).headers["error-code"];
  return { ...one, say, fail };
}
type Person = Awaited<ReturnType<typeof somebody>>;
const thread = async (me: Person, line: string) => (await me.say(line)) as ThreadMessage[];
const threads = async (me: Person) => (await me.say("threads")) as ConversationSummary[];

let a: Person;
let b: Person;
beforeAll(async () => {
  [a, b] = [await somebody(), await somebody()];
});

test.each([["surabaya"], ["jakarta"]])(
  "A conversation with somebody of %s shows both directions, to both, in one order.",
  async (realm) => {
    const [ani, dewi] = [await somebody(), await somebody(realm)];
    for (let n = 1; n <= 3; n++) {
      await ani.say(`sendprivate key=k${n} ${dewi.address} dari ani ${n}`);
      await dewi.say(`sendprivate ${ani.address} dari dewi ${n}`);
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

test("Every option of a page means in a conversation what it means in an inbox.", async () => {
  const [ani, dewi] = [await somebody(), await somebody()];
  for (let n = 1; n <= 30; n++) await (n % 3 ? ani : dewi).say(`sendprivate ${n % 3 ? dewi.name : ani.name} ${n}`);
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

test("A message that fails, and one that waits, stand in the conversation with their state.", async () => {
  const ani = await somebody();
  await server.command("sendprivate tidak-ada halo", { token: ani.token });
  expect(await thread(ani, "thread tidak-ada")).toMatchObject([{ id: 1, state: "failed", reason: "no-such-user" }]);
});

test("Whoever waits for a conversation hears of either side's next message.", async () => {
  const [ani, dewi] = [await somebody(), await somebody()];
  for (const [from, to, id] of [
    [ani, dewi, 1],
    [dewi, ani, 2],
  ] as const) {
    const waiting = [ani, dewi].map((one) =>
      thread(one, `thread after=${id - 1} wait=20 ${(one === ani ? dewi : ani).name}`),
    );
    await from.say(`sendprivate ${to.name} pesan ${id}`);
    for (const page of await Promise.all(waiting)) expect(page).toMatchObject([{ id, text: `pesan ${id}` }]);
  }
});

test("What was sent to a name before it was anybody's is no part of what its owner reads, counts or waits for.", async () => {
  const [ani, name] = [await somebody(), `kelak${count}`];
  for (let n = 1; n <= 3; n++) expect(await ani.fail(`sendprivate ${name} gagal ${n}`)).toBe("no-such-user");
  const late = await newcomer(server, name);
  const threadsOf = async () => (await late.say("threads")).json.data as ConversationSummary[];
  expect(await threadsOf()).toEqual([]);
  expect((await late.say(`read kind=private ${ani.name} 3`)).headers["error-code"]).toBe("no-such-conversation");
  const { answer } = await openPoll(late.say, `thread after=0 wait=20 ${ani.name}`);
  await ani.say(`sendprivate ${name} halo`);
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

test("Very many conversations with long last messages are listed whole, and the list streams.", async () => {
  const [ani] = [await somebody()];
  // Each takes six bytes in JSON: as one answer it would be more than objects may say to each other.
  const text = "\u0001".repeat(65_000);
  const lines = Array.from({ length: 90 }, (_, n) => `sendprivate tidak-ada-${n} ${text}`);
  for (let at = 0; at < lines.length; at += 15) {
    const sent = await exchange(new URL("/commands", server.url), "POST", lines.slice(at, at + 15).join("\n"), {
      authorization: `Bearer ${ani.token}`,
    });
    expect(sent.status).toBe(200);
  }
  const listed = await threads(ani);
  expect(listed).toHaveLength(90);
  for (const { last } of listed) expect(last.text === text).toBe(true);
});

test("Notes to oneself are one conversation, in which each stands once.", async () => {
  const ani = await somebody();
  await ani.say(`sendprivate ${ani.name} ingat`);
  expect(await thread(ani, `thread ${ani.name}`)).toMatchObject([{ id: 1, from: ani.address, state: "delivered" }]);
  expect(await threads(ani)).toMatchObject([{ with: ani.address, newest: 1, unread: 0 }]);
});

test("Conversations are listed with what is unread, the latest first; reading is noted and never goes back.", async () => {
  const [ani, dewi, far] = [await somebody(), await somebody(), await somebody("jakarta")];
  for (let n = 1; n <= 3; n++) await dewi.say(`sendprivate ${ani.name} ${n}`);
  await far.say(`sendprivate ${ani.address} halo`);
  await ani.say(`sendprivate ${far.address} halo juga`);
  expect(await threads(ani)).toMatchObject([
    { with: far.address, newest: 2, read: 0, unread: 1, last: { id: 2, text: "halo juga", state: "delivered" } },
    { with: dewi.address, newest: 3, read: 0, unread: 3, last: { id: 3, text: "3" } },
  ]);
  expect(await ani.say(`read ${dewi.name} 2`)).toBe("Sudah dibaca sampai 2");
  expect(await ani.say(`read kind=private ${dewi.name} 1`)).toBe("Sudah dibaca sampai 2");
  expect((await threads(ani))[1]).toMatchObject({ read: 2, unread: 1 });
  // Nobody has read what is not there yet.
  expect(await ani.say(`read ${dewi.name} 9999`)).toBe("Sudah dibaca sampai 3");
  await dewi.say(`sendprivate ${ani.name} 4`);
  expect((await threads(ani))[0]).toMatchObject({ with: dewi.address, read: 3, unread: 1 });
  expect(await ani.fail("read siapa-pun 1")).toBe("no-such-conversation");
  // Devices of the other are not concerned.
  expect((await threads(dewi))[0]).toMatchObject({ with: ani.address, read: 0, unread: 0 });
});

test("Unread messages of groups are counted, others' only, up to the limit.", async () => {
  const [ani, far] = [await somebody(), await somebody("jakarta")];
  const group = `ramai${count}`;
  await ani.say(`creategroup ${group}`);
  await far.say(`joingroup ${group}@surabaya`);
  for (let n = 1; n <= 5; n++) await ani.say(`sendgroup ${group} ${n}`);
  await far.say(`sendgroup ${group}@surabaya 6`);
  const of = async (one: Person) => ((await one.say("groups")) as { group: string }[])[0];
  expect(await of(ani)).toMatchObject({ newest: 6, read: 0, unread: 1 });
  expect(await of(far)).toMatchObject({ newest: 6, read: 0, unread: 5 });
  await far.say(`read ${group}@surabaya 4`);
  expect(await of(far)).toMatchObject({ read: 4, unread: 1 });
  expect(await far.say(`read kind=group ${group}@surabaya 77`)).toBe("Sudah dibaca sampai 6");
  expect(await ani.fail("read kind=group tidak-ada 1")).toBe("no-such-group");
  const log = `(select id from logs where kind = 'group' and name = '${group}')`;
  await server.sql(
    group,
    `with recursive n (i) as (select 7 union all select i + 1 from n where i < 400)
     insert into messages (log, id, sender, text, time, arrived) select ${log}, i, '${ani.address}', 'x', i, i from n`,
  );
  // What an object has at hand it does not look up again.
  await server.evict(group);
  expect(await of(far)).toMatchObject({ newest: 400, unread: limits.unreadMax });
});

test("Every device of an account hears what it sends, what it reads, and what becomes of its memberships.", async () => {
  const [ani, dewi] = [await somebody(), await somebody()];
  const live = await openLive(server.url, ani.token);
  await ani.say(`sendprivate key=satu ${dewi.name} halo`);
  await dewi.say(`sendprivate ${ani.name} hai`);
  await ani.say(`read ${dewi.name} 2`);
  const group = `perangkat${count}`;
  await ani.say(`creategroup ${group}`);
  await ani.say(`leavegroup ${group}`);
  await expect.poll(() => live.events("membership").length).toBe(2);
  const told = (event: string) => live.events(event).map(({ data }) => data);
  expect(told("sent")).toMatchObject([{ to: dewi.address, thread: 1, id: 1, text: "halo", key: "satu" }]);
  // Where the other lives in another object, it was queued first.
  const states = [...told("sent"), ...told("delivery")].map((data) => (data as { state: string }).state);
  expect(states.at(-1)).toBe("delivered");
  expect(told("message")).toMatchObject([{ id: 1, from: dewi.address, text: "hai", thread: 2 }]);
  expect(told("read")).toEqual([{ kind: "private", with: dewi.address, id: 2 }]);
  expect(told("membership")).toEqual([
    { group: `${group}@surabaya`, role: "owner" },
    { group: `${group}@surabaya`, role: null },
  ]);
  live.close();
});

test("Every device of an account hears why a message has failed.", async () => {
  const ani = await somebody();
  const live = await openLive(server.url, ani.token);
  expect(await ani.fail("sendprivate nihil halo")).toBe("no-such-user");
  // Where nobody's name belongs to another object, the message was queued first.
  const told = () => [...live.events("sent"), ...live.events("delivery")].map(({ data }) => data);
  await expect.poll(() => told().at(-1)).toMatchObject({ id: 1, state: "failed", reason: "no-such-user" });
  live.close();
});

test("A retry and a catch-up say the number in the conversation too.", async () => {
  const [ani, dewi] = [await somebody(), await somebody()];
  const live = await openLive(server.url, ani.token);
  for (const send of ["sendprivate", "sendprivate key=dua", "sendprivate key=dua"])
    live.send(`${send} ${dewi.name} halo`);
  await expect.poll(() => live.replies().length).toBe(3);
  expect(live.replies().map(({ delivery }) => delivery)).toMatchObject([{ thread: 1 }, { thread: 2 }, { thread: 2 }]);
  await dewi.say(`sendprivate ${ani.name} hai`);
  live.close();
  const [late, far] = [await openLive(server.url, dewi.token, 0), await openLive(server.url, ani.token, 0)];
  await expect.poll(() => [late, far].map((each) => each.events("live").length)).toEqual([1, 1]);
  const threads = (each: typeof late) => each.events("message").map(({ data }) => (data as { thread: number }).thread);
  expect([late, far].map(threads)).toEqual([[1, 2], [3]]);
  for (const each of [late, far]) each.close();
});

test("The newest of 100,000 messages are found as fast as the newest of a few.", async () => {
  await a.say(`sendprivate ${b.name} awal`);
  const log = (name: string) => `(select id from logs where kind = 'mailbox' and name = '${name}')`;
  // Only where both are in one object are the lines the other's mailbox; elsewhere the sender's log would have them.
  await server.sql(
    b.name,
    `with recursive n (i) as (select 2 union all select i + 1 from n where i < 100000)
     insert into messages (log, id, sender, text, time, arrived) select ${log(b.name)}, i, '${a.address}', 'x', i, i from n`,
  );
  await server.sql(
    b.name,
    `with recursive n (i) as (select 2 union all select i + 1 from n where i < 100000)
     insert into lines (thread, id, by_first, mail)
     select threads.id, i, first = '${a.address}', i from n, threads where '${a.address}' in (first, second)`,
  );
  const page = await thread(b, `thread last=50 ${a.name}`);
  expect(page.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => 99_951 + n));
  const older = await thread(b, `thread last=50 before=50000 ${a.name}`);
  expect(older.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => 49_950 + n));
  const plan = await server.sql<{ detail: string }>(
    b.name,
    `explain query plan select lines.id from lines left join messages on messages.log = 1 and messages.id = lines.mail
     where thread = 1 and lines.id > 5 and lines.id <= 9 order by lines.id limit 4`,
  );
  expect(plan.map(({ detail }) => detail).join("\n")).not.toMatch(/SCAN|TEMP B-TREE/);
});
