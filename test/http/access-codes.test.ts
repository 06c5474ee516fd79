import { describe, expect, test } from "vitest";
import { shardCount, useServer } from "../support/test-server.ts";

const operator = "operator-rahasia-0123456789";
const server = useServer({ REGISTRATION: "invite", OPERATOR_TOKEN: operator });
const password = "rahasia-sekali";
const byOperator = { token: operator };
const codeOf = async (line: string, token?: string) => (await server.command(line, { token })).headers["error-code"];

async function invite(options = ""): Promise<string> {
  const reply = await server.command(`invitecode ${options}`.trim(), byOperator);
  expect(reply.status).toBe(200);
  return (reply.json.data as { code: string }).code;
}

describe("an invitation code", () => {
  test("registers so many accounts, of any shard, and no more, also at the same moment", async () => {
    const code = await invite("uses=2 expires=1d");
    // More names than shards, so that every shard is asked.
    const names = Array.from({ length: 2 * shardCount + 2 }, (_, n) => `tamu${n}`);
    const replies = await Promise.all(names.map((name) => server.command(`register code=${code} ${name} ${password}`)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(new Set(replies.map(({ headers }) => headers["error-code"]))).toEqual(new Set([undefined, "bad-code"]));
    expect((await server.command("invitecodes", byOperator)).json.data).toEqual([]);
  });

  test("is used up only by a registration that succeeds", async () => {
    const code = await invite();
    await server.command(`register terpakai ${password}`, byOperator);
    expect(await codeOf(`register code=${code} terpakai ${password}`)).toBe("name-taken");
    expect(await codeOf(`register code=${code} sistem ${password}`)).toBe("reserved-name");
    expect((await server.command(`register code=${code} baru ${password}`)).status).toBe(200);
    expect(await codeOf(`register code=${code} lagi ${password}`)).toBe("bad-code");
  });

  test("is listed by its beginning, ends when it is revoked or expires, and is not stored", async () => {
    const code = await invite("uses=5");
    const start = code.slice(0, 10);
    const listed = await server.command("invitecodes", byOperator);
    expect(listed.json.data).toMatchObject([{ code: start, uses: 5 }]);
    expect(listed.text).not.toContain(code);
    const stored = await server.sql("siapa-saja", "select code_digest from invite_codes");
    expect(JSON.stringify(stored)).not.toContain(code.slice(11));
    expect((await server.command(`revokecode ${start}`, byOperator)).status).toBe(200);
    expect(await codeOf(`revokecode ${start}`, operator)).toBe("no-such-code");
    expect(await codeOf(`register code=${code} cabut ${password}`)).toBe("bad-code");
    const old = await invite("expires=1m");
    const shardZeroName = Array.from({ length: 50 }, (_, n) => `n${n}`);
    // Shard 0 has the codes; in the others the table is empty.
    for (const name of shardZeroName) await server.sql(name, "update invite_codes set expires_at = 1");
    expect(await codeOf(`register code=${old} kedaluwarsa ${password}`)).toBe("bad-code");
  });

  test("is needed, and only the operator makes one", async () => {
    expect(await codeOf(`register tanpa ${password}`)).toBe("invitation-required");
    expect(await codeOf(`register code=inv-aaaaaa tanpa ${password}`)).toBe("bad-code");
    const [user = ""] = await server.seedAccounts(["biasa"]);
    for (const line of ["invitecode", "invitecodes", "revokecode inv-aaaaaa", "resetpassword biasa"]) {
      expect([line, await codeOf(line, user)]).toEqual([line, "operator-only"]);
    }
  });
});

describe("a code for a new password", () => {
  test("sets it once, and ends all sessions and tokens", async () => {
    await server.command(`register lupa ${password}`, byOperator);
    const login = await server.command(`auth lupa ${password}`);
    const { token: session } = login.json.data as { token: string };
    const made = await server.command("token new label=ci", { token: session });
    const { token } = made.json.data as { token: string };
    const reset = await server.command("resetpassword lupa", byOperator);
    const { code } = reset.json.data as { code: string };
    expect((await server.command("whoami", { token: session })).status).toBe(200);

    expect(await codeOf(`register code=${code} biasa rahasia-baru`)).toBe("bad-code");
    const both = await Promise.all([1, 2].map((n) => server.command(`register code=${code} lupa rahasia-baru-${n}`)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
    for (const ended of [session, token]) expect(await codeOf("whoami", ended)).toBe("session-ended");
    expect(await codeOf(`auth lupa ${password}`)).toBe("wrong-credentials");
    const logins = await Promise.all([1, 2].map((n) => server.command(`auth lupa rahasia-baru-${n}`)));
    expect(logins.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test("replaces an earlier one, works in a closed realm, and unlocks the account", async () => {
    await server.command(`register kunci ${password}`, byOperator);
    const codes: string[] = [];
    for (let n = 0; n < 2; n++) {
      const reply = await server.command("resetpassword kunci", byOperator);
      codes.push((reply.json.data as { code: string }).code);
    }
    for (let n = 0; n < 5; n++) await server.command("auth kunci salah-sekali");
    expect(await codeOf(`auth kunci ${password}`)).toBe("too-many-attempts");
    await server.restart({ REGISTRATION: "closed" });
    expect(await codeOf(`register code=${codes[0]} kunci rahasia-baru`)).toBe("bad-code");
    expect((await server.command(`register code=${codes[1]} kunci rahasia-baru`)).status).toBe(200);
    expect((await server.command("auth kunci rahasia-baru")).status).toBe(200);
    expect(await codeOf("resetpassword tidak-ada", operator)).toBe("no-such-user");
  });
});
