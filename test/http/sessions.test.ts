import { beforeAll, describe, expect, test } from "vitest";
import { errorBody, okBody } from "../support/command.ts";
import { openSession, setPassword, tokenDigest } from "../support/session.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();
const dayMs = 24 * 60 * 60 * 1000;
const ended = errorBody("Sesi tidak berlaku di realm ini: sudah berakhir atau tidak pernah ada. Lakukan auth lagi");

/** Tokens by user name. Each test uses accounts of its own. */
const token: Record<string, string> = {};
const names = ["budi", "tua", "banyak", "ganti", "keluar", "usang", "depan"];

beforeAll(async () => {
  const tokens = await server.seedAccounts(names);
  names.forEach((name, index) => {
    token[name] = tokens[index] ?? "";
  });
  await Promise.all(["budi", "banyak", "ganti", "depan"].map((name) => setPassword(server, name, "rahasia-lama")));
});

const ask = (line: string, bearer: string | undefined) => server.command(line, { token: bearer });
const isOpen = async (bearer: string | undefined) => (await ask("whoami", bearer)).status === 200;

/** Moves the last use of an account's sessions into the past, and evicts the object from memory. */
async function age(name: string, ms: number): Promise<void> {
  const owner = `(select id from message_logs where kind = 'mailbox' and name = '${name}')`;
  await server.sql(name, `update sessions set last_used_at = last_used_at - ${ms} where account_id = ${owner}`);
  await server.evict(name);
}

describe("a login", () => {
  test("returns a token, the full address and an expiry in 30 days, and stores only the token's digest", async () => {
    const before = Date.now();
    const reply = await ask("auth BUDI rahasia-lama", undefined);
    const data = reply.json.data as { token: string; user: string; expires: string };
    expect(Object.keys(data)).toEqual(["token", "user", "expires"]);
    expect(data.user).toBe("budi@surabaya");
    expect(data.token).toMatch(/^rnh_budi_[A-Za-z0-9_-]{43}$/);
    expect(Date.parse(data.expires)).toBeGreaterThanOrEqual(before + 30 * dayMs);
    expect(Date.parse(data.expires)).toBeLessThanOrEqual(Date.now() + 30 * dayMs);
    expect((await ask("whoami", data.token)).text).toBe(
      okBody({ user: "budi@surabaya", realm: "surabaya", expires: data.expires }),
    );
    const rows = await server.sql("budi", "select * from sessions");
    expect(JSON.stringify(rows)).toContain(tokenDigest(data.token));
    expect(JSON.stringify(rows)).not.toContain(data.token.slice(-43));
  });

  test("gives no access to another realm, even for the same user name", async () => {
    await server.seedAccounts(["budi"], "jakarta");
    const here = token.budi;
    const there = await server.command("whoami", { token: here, host: jakartaHost });
    expect([there.status, there.text]).toEqual([401, ended]);
    expect(await isOpen(here)).toBe(true);
  });
});

test("a password that was hashed at another cost is accepted and hashed again", async () => {
  await setPassword(server, "budi", "rahasia-lama");
  const verifier = async () => {
    const id = "(select id from message_logs where kind = 'mailbox' and name = 'budi')";
    return (
      await server.sql<{ verifier: string }>("budi", `select password_verifier verifier from accounts where id = ${id}`)
    )[0]?.verifier;
  };
  const cheap = await verifier();
  expect((await ask("auth budi rahasia-salah", undefined)).status).toBe(401);
  expect(await verifier()).toBe(cheap);
  expect((await ask("auth budi rahasia-lama", undefined)).status).toBe(200);
  expect(await verifier()).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
  expect((await ask("auth budi rahasia-lama", undefined)).status).toBe(200);
});

describe("the 30 days of a session", () => {
  test("start again with each use", async () => {
    await age("tua", 30 * dayMs - 60_000);
    expect(await isOpen(token.tua)).toBe(true);
    // The last use is stored after the answer.
    const used = () =>
      server.sql<{ used: number }>(
        "tua",
        `select last_used_at used from sessions where token_digest = '${tokenDigest(token.tua ?? "")}'`,
      );
    await expect.poll(async () => Date.now() - ((await used())[0]?.used ?? 0)).toBeLessThan(60_000);
    await age("tua", 30 * dayMs - 60_000);
    const reply = await ask("whoami", token.tua);
    const { expires } = reply.json.data as { expires: string };
    expect(Math.abs(Date.parse(expires) - (Date.now() + 30 * dayMs))).toBeLessThan(60_000);
  });

  test("end the session for every command, permanently", async () => {
    await age("usang", 30 * dayMs);
    for (const line of ["whoami", "inbox", "sendprivate usang halo", "logout all=yes", "whoami"]) {
      const reply = await ask(line, token.usang);
      expect([line, reply.status, reply.text]).toEqual([line, 401, ended]);
    }
  });

  test("remove an expired session from the list", async () => {
    const fresh = await openSession(server, "usang");
    const list = (await ask("sessions", fresh)).json.data as { current: boolean }[];
    expect(list).toMatchObject([{ current: true }]);
  });
});

describe("the sessions of an account", () => {
  test("are at most 20, and one more ends the least recently used", async () => {
    const minute = 60_000;
    const others: string[] = [];
    for (let i = 0; i < 19; i++) others.push(await openSession(server, "banyak", Date.now() - (30 - i) * minute));
    const list = async () => (await ask("sessions", token.banyak)).json.data as { created: string; current: boolean }[];
    expect(await list()).toHaveLength(20);

    const newest = ((await ask("auth banyak rahasia-lama", undefined)).json.data as { token: string }).token;
    const rows = await list();
    expect(rows).toHaveLength(20);
    expect(Object.keys(rows[0] ?? {})).toEqual(["created", "used", "expires", "current"]);
    expect(rows.map(({ created }) => created)).toEqual(rows.map(({ created }) => created).sort());
    expect(rows.filter(({ current }) => current)).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain("rnh_");
    const open = await Promise.all([...others, token.banyak, newest].map(isOpen));
    expect(open).toEqual([false, ...Array(20).fill(true)]);
  });

  test("that were used by a clock a month ahead have ended, and leave a new login its session", async () => {
    const others: string[] = [];
    for (let i = 0; i < 19; i++) others.push(await openSession(server, "depan"));
    await age("depan", -40 * dayMs);
    const newest = ((await ask("auth depan rahasia-lama", undefined)).json.data as { token: string }).token;
    expect(await isOpen(newest)).toBe(true);
    expect(await Promise.all([...others, token.depan].map(isOpen))).toEqual(Array(20).fill(false));
  });

  test("end one at a time by logout, and all by all=yes", async () => {
    const [second, third] = [await openSession(server, "keluar"), await openSession(server, "keluar")];
    expect((await ask("logout", token.keluar)).text).toBe(okBody("Sesi diakhiri"));
    expect(await Promise.all([token.keluar, second, third].map(isOpen))).toEqual([false, true, true]);
    expect((await ask("logout", token.keluar)).text).toBe(ended);
    const everywhere = await server.command("logout all=yes", { token: second, english: true });
    expect(everywhere.text).toBe(okBody("All sessions ended"));
    expect(await Promise.all([second, third].map(isOpen))).toEqual([false, false]);
    // The end is stored, not only kept in memory.
    await server.evict("keluar");
    expect(await isOpen(third)).toBe(false);
  });

  test("end at a new password, except the current one, and the old password is rejected", async () => {
    const other = await openSession(server, "ganti");
    const wrong = await ask("passwd rahasia-salah rahasia-baru", token.ganti);
    expect([wrong.status, wrong.text]).toEqual([403, errorBody("Password lama salah")]);
    expect(wrong.headers["error-code"]).toBe("wrong-old-password");
    expect(await isOpen(other)).toBe(true);

    const changed = await ask("passwd rahasia-lama rahasia-baru", token.ganti);
    expect(changed.text).toBe(okBody("Password diganti; sesi lain diakhiri"));
    expect(await Promise.all([token.ganti, other].map(isOpen))).toEqual([true, false]);
    expect((await ask("auth ganti rahasia-lama", undefined)).status).toBe(401);
    expect((await ask("auth ganti rahasia-baru", undefined)).status).toBe(200);
  });
});
