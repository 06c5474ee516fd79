import { beforeAll, describe, expect, test } from "vitest";
import { errorBody, okBody, type Reply } from "../support/command.ts";
import { useServer } from "../support/realm.ts";
import { openSession, setPassword } from "../support/session.ts";

const server = useServer();
const names = ["budi", "ani", "citra", "eka"];
const wrongText = errorBody("Nama pengguna atau password salah");
const password = "rahasia-benar";
let budi = "";

beforeAll(async () => {
  [budi = ""] = await server.crowd(names);
  await Promise.all(names.map((name) => setPassword(server, name, password)));
});

const login = (name: string, guess: string, english = false) => server.command(`auth ${name} ${guess}`, { english });
const right = (name: string) => login(name, password);
const wrong = (name: string) => login(name, "rahasia-salah");
const idOf = (name: string) => `(select id from logs where kind = 'mailbox' and name = '${name}')`;

/** As if the account's slow-down were over. */
async function unlock(name: string, failures?: number): Promise<void> {
  const more = failures === undefined ? "" : `, failures = ${failures}`;
  await server.sql(name, `update accounts set locked_until = 1${more} where id = ${idOf(name)}`);
}

async function failuresOf(name: string): Promise<number | undefined> {
  const [row] = await server.sql<{ failures: number }>(name, `select failures from accounts where id = ${idOf(name)}`);
  return row?.failures;
}

/** Expects a login to be put off by `seconds` or a little less. */
function expectPutOff(reply: Reply, seconds: number, english = false): void {
  expect(reply.status).toBe(429);
  const after = Number(reply.headers["retry-after"]);
  expect(after).toBeGreaterThan(seconds - 5);
  expect(after).toBeLessThanOrEqual(seconds);
  expect(reply.headers["error-code"]).toBe("too-many-attempts");
  expect(reply.text).toBe(
    errorBody(
      english
        ? `Too many wrong passwords; try again in ${after} s`
        : `Terlalu banyak password salah; coba lagi ${after} detik lagi`,
    ),
  );
}

describe("Five wrong passwords", () => {
  test("They are looked at; after them even the right one is put off, with Retry-After.", async () => {
    for (let i = 0; i < 5; i++) {
      const reply = await wrong("budi");
      expect([i, reply.status, reply.text]).toEqual([i, 401, wrongText]);
    }
    expectPutOff(await right("budi"), 15);
    expectPutOff(await wrong("BUDI"), 15);
    expectPutOff(await login("budi", password, true), 15, true);
    expect(await failuresOf("budi")).toBe(5);
  });

  test("Sessions that are open go on working, and so do other accounts.", async () => {
    expect((await server.command("whoami", { token: budi })).status).toBe(200);
    const sent = await server.command("sendprivate budi masih di sini", { token: budi });
    expect(sent.text).toBe(okBody("Pesan terkirim ke budi@surabaya"));
    expect((await server.command("inbox", { token: budi })).json.data).toMatchObject([{ text: "masih di sini" }]);
    expect((await right("ani")).status).toBe(200);
  });

  test("A session is no way around: passwd is put off too, and ends nothing.", async () => {
    const other = await openSession(server, "budi");
    expectPutOff(await server.command("passwd rahasia-benar rahasia-baru", { token: budi }), 15);
    expect((await server.command("whoami", { token: other })).status).toBe(200);
  });

  test("An object that starts anew still knows of them.", async () => {
    await server.evict("budi");
    expectPutOff(await right("budi"), 15);
    expect((await server.command("whoami", { token: budi })).status).toBe(200);
  });

  test("Each further wrong password doubles the time, up to a quarter of an hour.", async () => {
    for (const seconds of [30, 60, 120, 240, 480]) {
      await unlock("budi");
      expect((await wrong("budi")).text).toBe(wrongText);
      expectPutOff(await right("budi"), seconds);
    }
    await unlock("budi", 1_000_000);
    expect((await wrong("budi")).status).toBe(401);
    expectPutOff(await right("budi"), 900);
  });

  test("The right password, once it is looked at, forgives them all.", async () => {
    await unlock("budi");
    const reply = await right("budi");
    expect(reply.status).toBe(200);
    expect(reply.headers["retry-after"]).toBeUndefined();
    expect(await failuresOf("budi")).toBe(0);
    expect((await wrong("budi")).text).toBe(wrongText);
    expect((await right("budi")).status).toBe(200);
  });

  test("A time that is over without the right password is no forgiveness.", async () => {
    await unlock("ani", 4);
    expect((await wrong("ani")).status).toBe(401);
    expectPutOff(await right("ani"), 15);
  });
});

describe("Guesses at once", () => {
  test("Of 100 wrong ones that arrive together five are looked at.", async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => login("citra", `rahasia-${i}`)));
    const looked = replies.filter(({ status }) => status === 401);
    expect(looked.map(({ text }) => text)).toEqual(Array(5).fill(wrongText));
    for (const reply of replies.filter(({ status }) => status !== 401)) expectPutOff(reply, 15);
    expect(await failuresOf("citra")).toBe(5);
  });

  test("Through an open session they are counted just the same.", async () => {
    const token = await openSession(server, "eka");
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, i) => server.command(`passwd rahasia-${i} rahasia-baru`, { token })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([403, 403, 403, 403, 403, 429, 429, 429]);
    expectPutOff(await right("eka"), 15);
    expect((await server.command("whoami", { token })).status).toBe(200);
  });

  test("A name that nobody has is no account to slow down, and looks like a wrong password.", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => wrong("hantu")));
    expect(replies.map(({ text }) => text)).toEqual(Array(20).fill(wrongText));
  });
});
