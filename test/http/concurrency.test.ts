import { beforeAll, expect, test } from "vitest";
import { errorBody, type Reply } from "../support/command.ts";
import { jakartaHost, shardCount, useServer } from "../support/test-server.ts";

const server = useServer();
const names = Array.from({ length: 20 }, (_, n) => `pengirim${n + 1}`);
// A request takes wrangler's server ten times as long, so it gets fewer.
const each = process.env.TEST_SERVER === "wrangler" ? 15 : 50;
const all = names.length * each;
let senders: string[];
/** A name that no earlier try of a test has used. */
const nextName = (prefix: string) => `${prefix}${++namesMade}`;
let namesMade = 0;

beforeAll(async () => {
  senders = await server.seedAccounts(names);
});

test("of 100 concurrent registrations of one name one succeeds and the others conflict", async () => {
  const name = nextName("rebutan");
  const replies = await atOnce(100, (n) => server.command(`register ${name} rahasia-nomor-${n}`));
  expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1);
  const taken = replies.filter((reply) => reply.status === 409);
  expect(taken).toHaveLength(99);
  for (const reply of taken) expect(reply.text).toBe(errorBody(`Nama pengguna ${name} sudah dipakai`));

  // The stored password is that of the registration that succeeded.
  const winner = replies.findIndex((reply) => reply.status === 200);
  expect((await server.command(`auth ${name} rahasia-nomor-${winner}`)).status).toBe(200);
});

test.each([
  ["to the same realm", "", undefined],
  ["to the other realm", "@jakarta", jakartaHost],
])("200 concurrent sends with one key %s store one message and get one answer", async (_, realm, host) => {
  const name = nextName("kunci");
  const reader = await server.signUp(name, host);
  const replies = await atOnce(200, () =>
    server.command(`sendprivate key=${name} ${name}${realm} hanya sekali`, { token: senders[0] }),
  );
  const answers = replies.map(({ status, text, headers }) => ({
    status,
    text,
    id: headers["message-id"],
    state: headers["delivery-state"],
  }));
  // To the other realm a loaded machine may answer some of them `queued` first.
  const expected = host ? { id: answers[0]?.id } : { ...answers[0], status: 200, state: "delivered" };
  for (const answer of answers) expect(answer).toMatchObject(expected);
  await expect.poll(async () => (await read("inbox", { token: reader, host })).length).toBeGreaterThan(0);
  const inbox = await server.command("inbox", { token: reader, host });
  expect(inbox.json.data).toMatchObject([{ id: 1, from: "pengirim1@surabaya", text: "hanya sekali" }]);
});

// One shard count each is enough: the other realm is always another object, and a group is a log like a mailbox.
test.each([
  ["to a mailbox", "sendprivate", "", undefined],
  shardCount === 1
    ? ["to a mailbox of the other realm", "sendprivate", "@jakarta", jakartaHost]
    : ["to a group", "sendgroup", "", undefined],
] as const)(
  "concurrent sends of 20 senders %s get ids without gaps and keep each sender's order",
  async (_, send, realm, host) => {
    const name = nextName("ramai");
    const reader = await server.signUp(name, host);
    const isGroup = send === "sendgroup";
    if (isGroup) expect((await server.command(`creategroup ${name}`, { token: reader, host })).status).toBe(200);

    await Promise.all(
      senders.map(async (token) => {
        for (let n = 1; n <= each; n++) {
          const reply = await server.command(`${send} ${name}${realm} ${n}`, { token });
          // To the other realm a loaded machine may answer `queued`; the message arrives all the same.
          expect(reply.headers["delivery-state"]).toBeOneOf(host ? ["delivered", "queued"] : ["delivered"]);
        }
      }),
    );

    const readAll = () => read(isGroup ? `inboxgroup ${name}` : "inbox", { token: reader, host });
    await expect.poll(async () => (await readAll()).length, { timeout: 30_000 }).toBe(all);
    const messages = await readAll();
    expect(messages.map(({ id }) => id)).toEqual(counting(all));
    for (const sender of names) {
      const own = messages.filter(({ from }) => from === `${sender}@surabaya`);
      expect(own.map(({ text }) => Number(text))).toEqual(counting(each));
    }
  },
);

test.runIf(shardCount > 1)("many concurrent sends to both realms are each stored once", async () => {
  const name = nextName("banjir");
  const here = await server.signUp(name);
  const there = await server.signUp(name, jakartaHost);
  const replies = await atOnce(all, (n) =>
    server.command(`sendprivate ${name}${n % 2 ? "" : "@jakarta"} ${n}`, { token: senders[n % senders.length] }),
  );
  expect(replies.filter((reply) => reply.status !== 200)).toEqual([]);
  for (const [token, host, parity] of [
    [here, undefined, 1],
    [there, jakartaHost, 0],
  ] as const) {
    await expect
      .poll(async () => (await read("inbox", { token, host })).map(({ text }) => Number(text)).sort((a, b) => a - b))
      .toEqual(Array.from({ length: all / 2 }, (_, n) => 2 * n + parity));
    expect((await read("inbox", { token, host })).map(({ id }) => id)).toEqual(counting(all / 2));
  }
});

interface Message {
  id: number;
  from: string;
  text: string;
}

async function read(line: string, options: { token: string; host: string | undefined }): Promise<Message[]> {
  return (await server.command(line, options)).json.data as Message[];
}

function atOnce(count: number, send: (n: number) => Promise<Reply>): Promise<Reply[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => send(n)));
}

const counting = (to: number) => Array.from({ length: to }, (_, n) => n + 1);
