import { beforeAll, describe, expect, test } from "vitest";
import { type CommandOptions, errorBody, okBody, type Reply, sendRequest } from "../support/command.ts";
import { testErrorCases } from "../support/error-cases.ts";
import { openSession, setPassword } from "../support/session.ts";
import { jakartaHost, surabayaHost, useServer } from "../support/test-server.ts";

const operator = "hanya-untuk-pengujian";
const server = useServer({ OPERATOR_TOKEN: operator });
const names = ["budi", "ani", "cepat", "tebak", "hitung", "kunci", "ganti", "tunggu", "keluar", "hapus", "massal"];
const wrongText = errorBody("Nama pengguna atau password salah");
const token: Record<string, string> = {};

beforeAll(async () => {
  const tokens = await server.seedAccounts(names);
  names.forEach((name, index) => {
    token[name] = tokens[index] ?? "";
  });
  for (const name of names) await setPassword(server, name, `rahasia-${name}`);
});

const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

/** Sends a command with name and password, as `curl -u` does. */
function ask(name: string, line: string, password = `rahasia-${name}`, options: CommandOptions = {}): Promise<Reply> {
  return server.command(line, { ...options, headers: { authorization: basic(name, password), ...options.headers } });
}
const wrong = (name: string) => ask(name, "whoami", "rahasia-salah");
const idOf = (name: string) => `(select id from message_logs where kind = 'mailbox' and name = '${name}')`;

async function failuresOf(name: string): Promise<number | undefined> {
  const query = `select failed_logins failures from accounts where id = ${idOf(name)}`;
  return (await server.sql<{ failures: number }>(name, query))[0]?.failures;
}

test("name and password take the place of a token for every command of an account", async () => {
  expect((await ask("budi", "sendprivate ani halo")).text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
  expect((await ask("ani", "inbox")).json.data).toMatchObject([{ from: "budi@surabaya", text: "halo" }]);
  for (const line of ["creategroup tim", "sendgroup tim halo", "inboxgroup tim", "groups", "members tim", "threads"]) {
    expect([line, (await ask("budi", line)).status]).toEqual([line, 200]);
  }
  // There is no session that could end.
  expect((await ask("BUDI", "whoami", "rahasia-budi")).text).toBe(
    okBody({ user: "budi@surabaya", realm: "surabaya", expires: null }),
  );
  expect(await server.sql("budi", `select * from sessions where account_id = ${idOf("budi")}`)).toHaveLength(1);
});

test("a password is hashed once and not for each request", async () => {
  await ask("cepat", "whoami");
  const seconds = async (send: () => Promise<Reply>) => {
    const start = performance.now();
    for (let n = 0; n < 8; n++) expect((await send()).status).toBe(200);
    return performance.now() - start;
  };
  const logins = await seconds(() => server.command("auth cepat rahasia-cepat"));
  expect(await seconds(() => ask("cepat", "whoami"))).toBeLessThan(logins / 3);
});

describe("the throttle of logins", () => {
  test("counts the wrong ones of many requests at once, also beside a remembered password", async () => {
    expect((await ask("tebak", "whoami")).status).toBe(200);
    const guesses = Array.from({ length: 60 }, () => wrong("tebak"));
    await Promise.race(guesses);
    // The right one waits its turn, and finds the account locked.
    const right = await ask("tebak", "whoami");
    const replies = await Promise.all(guesses);
    expect(replies.filter(({ status }) => status === 401).map(({ text }) => text)).toEqual(Array(5).fill(wrongText));
    expect([right.status, right.headers["error-code"]]).toEqual([429, "too-many-attempts"]);
  });

  test("is not reset by a remembered password, only by one that was hashed", async () => {
    expect((await ask("hitung", "whoami")).status).toBe(200);
    for (let n = 0; n < 4; n++) {
      expect((await wrong("hitung")).text).toBe(wrongText);
      expect((await ask("hitung", "whoami")).status).toBe(200);
    }
    expect(await failuresOf("hitung")).toBe(4);
    expect((await server.command("auth hitung rahasia-hitung")).status).toBe(200);
    expect(await failuresOf("hitung")).toBe(0);
  });

  test("locks a remembered password out, and not the sessions", async () => {
    expect((await ask("kunci", "whoami")).status).toBe(200);
    for (let n = 0; n < 5; n++) expect((await server.command("auth kunci rahasia-salah")).status).toBe(401);
    const locked = await ask("kunci", "whoami");
    expect([locked.status, locked.headers["error-code"]]).toEqual([429, "too-many-attempts"]);
    expect(Number(locked.headers["retry-after"])).toBeGreaterThan(0);
    expect((await server.command("whoami", { token: token.kunci })).status).toBe(200);
  });

  test("does not tell an unknown name from a wrong password", async () => {
    const [unknown, known] = [await ask("hantu", "whoami"), await wrong("budi")];
    expect([unknown.status, unknown.text]).toEqual([known.status, known.text]);
    expect(unknown.text).toBe(wrongText);
  });
});

describe("a change is effective at once:", () => {
  test("a new password", async () => {
    expect((await ask("ganti", "whoami")).status).toBe(200);
    const changed = await server.command("passwd rahasia-ganti rahasia-baru", { token: token.ganti });
    expect(changed.status).toBe(200);
    expect((await ask("ganti", "whoami")).text).toBe(wrongText);
    expect((await ask("ganti", "whoami", "rahasia-baru")).status).toBe(200);
  });

  test("a new password ends a read that waits", async () => {
    const waiting = ask("tunggu", "inbox wait=20");
    // A later request is answered after the read has begun to wait.
    await ask("tunggu", "whoami");
    expect((await server.command("passwd rahasia-tunggu rahasia-baru", { token: token.tunggu })).status).toBe(200);
    expect((await server.command("sendprivate tunggu rahasia", { token: token.budi })).status).toBe(200);
    expect((await waiting).text).toBe(wrongText);
  });

  test("the removal of the account", async () => {
    expect((await ask("hapus", "whoami")).status).toBe(200);
    await server.sql("hapus", `delete from sessions where account_id = ${idOf("hapus")}`);
    await server.sql("hapus", `delete from accounts where id = ${idOf("hapus")}`);
    expect((await ask("hapus", "whoami")).text).toBe(wrongText);
  });
});

test("the commands of sessions say that there is none, and still manage those of the account", async () => {
  const other = await openSession(server, "keluar");
  expect((await ask("keluar", "sessions")).json.data).toMatchObject([{ current: false }, { current: false }]);
  const logout = await ask("keluar", "logout");
  expect([logout.status, logout.headers["error-code"]]).toEqual([400, "no-session"]);
  expect((await server.command("whoami", { token: other })).status).toBe(200);
  expect((await ask("keluar", "logout all=yes")).text).toBe(okBody("Semua sesi diakhiri"));
  expect((await server.command("whoami", { token: other })).status).toBe(401);
  // The password is still right. Only another one keeps its holders out.
  const again = await openSession(server, "keluar");
  expect((await ask("keluar", "passwd rahasia-keluar rahasia-baru")).status).toBe(200);
  expect((await server.command("whoami", { token: again })).status).toBe(401);
  expect((await ask("keluar", "whoami")).status).toBe(401);
});

describe("a bulk request", () => {
  const bulk = (password: string, body: string) =>
    sendRequest(new URL("/commands", server.url), "POST", body, { authorization: basic("massal", password) });

  test("is authenticated once", async () => {
    const reply = await bulk("rahasia-massal", "sendprivate massal satu\nsendprivate massal dua\nlogout\nwhoami\n");
    const rows = reply.text
      .split("\r\n\r\n")
      .filter(Boolean)
      .map((row) => JSON.parse(row));
    expect(rows).toMatchObject([{ status: "OK" }, { status: "OK" }, { error: "no-session" }, { status: "OK" }]);
  });

  test("with a wrong password is one reply and one failed login", async () => {
    const before = (await failuresOf("massal")) ?? 0;
    const reply = await bulk("rahasia-salah", "whoami\n".repeat(20));
    expect([reply.status, reply.text]).toEqual([401, wrongText]);
    expect(await failuresOf("massal")).toBe(before + 1);
  });
});

describe("name and password in the header are refused", () => {
  const needsHttps = {
    status: 403,
    code: "basic-needs-https",
    id: "Nama dan password dalam header hanya lewat HTTPS atau di mesin ini sendiri; di sini pakai token dari auth",
    en: "Name and password in the header are for HTTPS and this machine only; use a token of auth here",
  };
  const fromBrowser = {
    status: 403,
    code: "basic-from-browser",
    id: "Nama dan password dalam header tidak diterima dari browser; pakai token dari auth",
    en: "Name and password in the header are not accepted from browsers; use a token of auth",
  };
  const malformed = {
    status: 400,
    code: "basic-malformed",
    id: "Header Authorization: Basic rusak: harus base64 dari nama:password dalam UTF-8",
    en: "The header Authorization: Basic is damaged: it must be base64 of name:password in UTF-8",
  };
  const authorization = basic("budi", "rahasia-budi");
  const line = "whoami";
  const cases = [
    [{ what: "over HTTP from another machine", line, ...needsHttps }, { host: "surabaya.example" }],
    [
      { what: "behind a proxy that names this machine", line, ...needsHttps },
      { host: "127.0.0.1", "x-forwarded-for": "203.0.113.9" },
    ],
    [{ what: "behind a proxy without TLS", line, ...needsHttps }, { "x-forwarded-proto": "http,https" }],
    [{ what: "from a page", line, ...fromBrowser }, { origin: "https://halaman.example" }],
    [{ what: "from a page without a name", line, ...fromBrowser }, { origin: "null" }],
    [{ what: "that are no base64", line, ...malformed }, { authorization: "Basic budi:rahasia" }],
  ] as const;
  for (const [errorCase, headers] of cases) {
    testErrorCases(server, [{ ...errorCase }], () => ({ headers: { authorization, ...headers } }));
  }

  test("and never asked for: a 401 names Bearer alone", async () => {
    expect((await wrong("ani")).headers["www-authenticate"]).toBe("Bearer");
  });
});

test.each([
  { host: surabayaHost },
  { host: "127.0.0.1:80" },
  { host: "surabaya.example", "x-forwarded-proto": "https" },
  { host: "surabaya.example", "x-forwarded-proto": "HTTPS , http", "x-forwarded-for": "203.0.113.9" },
])("HTTPS and this machine are accepted: %j", async (headers) => {
  expect((await ask("budi", "whoami", "rahasia-budi", { headers })).status).toBe(200);
});

test("the password counts in the realm of the requested host only", async () => {
  expect((await ask("budi", "whoami")).status).toBe(200);
  expect((await ask("budi", "whoami", "rahasia-budi", { host: jakartaHost })).text).toBe(wrongText);
});

test("what needs no account, and what is the operator's, stays so", async () => {
  expect((await ask("budi", "help auth", "rahasia-salah")).status).toBe(200);
  const retry = await ask("budi", "retry jakarta");
  expect([retry.status, retry.headers["error-code"]]).toEqual([403, "operator-only"]);
  const empty = await server.command("whoami", { headers: { authorization: "Bearer " } });
  expect([empty.status, empty.headers["error-code"]]).toEqual([401, "token-missing"]);
});
