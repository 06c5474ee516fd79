import { beforeAll, expect, test } from "vitest";
import { errorBody, type Reply } from "../support/command.ts";
import { jakartaHost, shardCount, useServer } from "../support/test-server.ts";

const server = useServer();
const names = Array.from({ length: 20 }, (_, n) => `pengirim${n + 1}`);
// A request takes wrangler's server ten times as long, so it gets fewer.
const each = process.env.TEST_SERVER === "wrangler" ? 15 : 50;
const all = names.length * each;
let senders: string[];

beforeAll(async () => {
  senders = await server.seedAccounts(names);
});

test("of 100 concurrent registrations of one name one succeeds and the others conflict", async () => {
  const replies = await atOnce(100, (n) => server.command(`register rebutan rahasia-nomor-${n}`));
  expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1);
  const taken = replies.filter((reply) => reply.status === 409);
  expect(taken).toHaveLength(99);
  for (const reply of taken) expect(reply.text).toBe(errorBody("Nama pengguna rebutan sudah dipakai"));

  // The stored password is that of the registration that succeeded.
  const winner = replies.findIndex((reply) => reply.status === 200);
  expect((await server.command(`auth rebutan rahasia-nomor-${winner}`)).status).toBe(200);
});

test.each([
  ["to the same realm", "kunci", undefined],
  ["to the other realm", "kunci@jakarta", jakartaHost],
])("200 concurrent sends with one key %s store one message and get one answer", async (_, to, host) => {
  const reader = await server.signUp("kunci", host);
  const replies = await atOnce(200, () =>
    server.command(`sendprivate key=${to} ${to} hanya sekali`, { token: senders[0] }),
  );
  const answers = replies.map(({ status, text, headers }) => ({
    status,
    text,
    id: headers["message-id"],
    state: headers["delivery-state"],
  }));
  expect(answers[0]).toMatchObject({ status: 200, state: "delivered" });
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  const inbox = await server.command("inbox", { token: reader, host });
  expect(inbox.json.data).toMatchObject([{ id: 1, from: "pengirim1@surabaya", text: "hanya sekali" }]);
});

// One shard count each is enough: the other realm is always another object, and a group is a log like a mailbox.
test.each([
  ["to a mailbox", "sendprivate", "ramai", undefined],
  shardCount === 1
    ? ["to a mailbox of the other realm", "sendprivate", "ramai@jakarta", jakartaHost]
    : ["to a group", "sendgroup", "ramai", undefined],
] as const)(
  "concurrent sends of 20 senders %s get ids without gaps and keep each sender's order",
  async (_, send, to, host) => {
    const reader = await server.signUp("ramai", host);
    const isGroup = send === "sendgroup";
    if (isGroup) expect((await server.command("creategroup ramai", { token: reader, host })).status).toBe(200);

    await Promise.all(
      senders.map(async (token) => {
        for (let n = 1; n <= each; n++) {
          const reply = await server.command(`${send} ${to} ${n}`, { token });
          expect(reply.headers["delivery-state"]).toBe("delivered");
        }
      }),
    );

    const messages = await read(isGroup ? "inboxgroup ramai" : "inbox", { token: reader, host });
    expect(messages.map(({ id }) => id)).toEqual(counting(all));
    for (const name of names) {
      const own = messages.filter(({ from }) => from === `${name}@surabaya`);
      expect(own.map(({ text }) => Number(text))).toEqual(counting(each));
    }
  },
);

test.runIf(shardCount > 1)("many concurrent sends to both realms are each stored once", async () => {
  const here = await server.signUp("banjir");
  const there = await server.signUp("banjir", jakartaHost);
  const replies = await atOnce(all, (n) =>
    server.command(`sendprivate ${n % 2 ? "banjir" : "banjir@jakarta"} ${n}`, { token: senders[n % senders.length] }),
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
