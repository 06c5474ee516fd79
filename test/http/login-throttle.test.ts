import { beforeAll, describe, expect, test } from "vitest";
import { errorBody, okBody, type Reply } from "../support/command.ts";
import { openSession, setPassword } from "../support/session.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const names = ["budi", "ani", "citra", "eka"];
const wrongText = errorBody("Nama pengguna atau password salah");
const password = "rahasia-benar";
let budi = "";

beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(names);
  await Promise.all(names.map((name) => setPassword(server, name, password)));
});

const login = (name: string, guess: string, english = false) => server.command(`auth ${name} ${guess}`, { english });
const right = (name: string) => login(name, password);
const wrong = (name: string) => login(name, "rahasia-salah");
const idOf = (name: string) => `(select id from message_logs where kind = 'mailbox' and name = '${name}')`;

/** Ends the lockout of an account. @param failures replaces its count of failures */
async function unlock(name: string, failures?: number): Promise<void> {
  const more = failures === undefined ? "" : `, failed_logins = ${failures}`;
  await server.sql(name, `update accounts set locked_until = ${Date.now()}${more} where id = ${idOf(name)}`);
}

async function failuresOf(name: string): Promise<number | undefined> {
  const [row] = await server.sql<{ failures: number }>(
    name,
    `select failed_logins failures from accounts where id = ${idOf(name)}`,
  );
  return row?.failures;
}

/** Expects 429 with a Retry-After of `seconds`, or less as time passes, but more than the shorter lock before it. */
function expectThrottled(reply: Reply, seconds: number, english = false): void {
  expect(reply.status).toBe(429);
  const after = Number(reply.headers["retry-after"]);
  expect(after).toBeGreaterThan(seconds / 2);
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

describe("five wrong passwords", () => {
  test("are checked, and then even the right one gets 429 with Retry-After", async () => {
    for (let i = 0; i < 5; i++) {
      const reply = await wrong("budi");
      expect([i, reply.status, reply.text]).toEqual([i, 401, wrongText]);
    }
    expectThrottled(await right("budi"), 15);
    expectThrottled(await wrong("BUDI"), 15);
    expectThrottled(await login("budi", password, true), 15, true);
    expect(await failuresOf("budi")).toBe(5);
  });

  test("do not affect open sessions and other accounts", async () => {
    expect((await server.command("whoami", { token: budi })).status).toBe(200);
    const sent = await server.command("sendprivate budi masih di sini", { token: budi });
    expect(sent.text).toBe(okBody("Pesan terkirim ke budi@surabaya"));
    expect((await server.command("inbox", { token: budi })).json.data).toMatchObject([{ text: "masih di sini" }]);
    expect((await right("ani")).status).toBe(200);
  });

  test("also throttle passwd, which then ends no session", async () => {
    const other = await openSession(server, "budi");
    expectThrottled(await server.command("passwd rahasia-benar rahasia-baru", { token: budi }), 15);
    expect((await server.command("whoami", { token: other })).status).toBe(200);
  });

  test("still count after the object restarts", async () => {
    // The longest lock: a restart takes its time on a busy machine.
    await unlock("budi", 1_000_000);
    await wrong("budi");
    await server.evict("budi");
    expectThrottled(await right("budi"), 900);
    expect(await failuresOf("budi")).toBe(1_000_001);
    expect((await server.command("whoami", { token: budi })).status).toBe(200);
    await unlock("budi", 5);
  });

  test("are followed by a time that doubles with each further one, up to 15 minutes", async () => {
    for (const seconds of [30, 60, 120, 240, 480]) {
      await unlock("budi");
      expect((await wrong("budi")).text).toBe(wrongText);
      expectThrottled(await right("budi"), seconds);
    }
    await unlock("budi", 1_000_000);
    expect((await wrong("budi")).status).toBe(401);
    expectThrottled(await right("budi"), 900);
  });

  test("are reset by a login with the right one", async () => {
    await unlock("budi");
    const reply = await right("budi");
    expect(reply.status).toBe(200);
    expect(reply.headers["retry-after"]).toBeUndefined();
    expect(await failuresOf("budi")).toBe(0);
    expect((await wrong("budi")).text).toBe(wrongText);
    expect((await right("budi")).status).toBe(200);
  });

  test("are not reset by the end of the time alone", async () => {
    await unlock("ani", 4);
    expect((await wrong("ani")).status).toBe(401);
    expectThrottled(await right("ani"), 15);
  });
});

describe("concurrent guesses", () => {
  test("are checked five times of 100", async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => login("citra", `rahasia-${i}`)));
    const checked = replies.filter(({ status }) => status === 401);
    expect(checked.map(({ text }) => text)).toEqual(Array(5).fill(wrongText));
    for (const reply of replies.filter(({ status }) => status !== 401)) expectThrottled(reply, 15);
    expect(await failuresOf("citra")).toBe(5);
  });

  test("through an open session count as well", async () => {
    const token = await openSession(server, "eka");
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, i) => server.command(`passwd rahasia-${i} rahasia-baru`, { token })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([403, 403, 403, 403, 403, 429, 429, 429]);
    expectThrottled(await right("eka"), 15);
    expect((await server.command("whoami", { token })).status).toBe(200);
  });

  test("for an unknown name are answered as wrong passwords and are not throttled", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => wrong("hantu")));
    expect(replies.map(({ text }) => text)).toEqual(Array(20).fill(wrongText));
  });
});
