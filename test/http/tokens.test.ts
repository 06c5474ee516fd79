import { describe, expect, test } from "vitest";
import { type CommandName, type CommandSpec, commands } from "../../src/protocol/commands.ts";
import { sendRequest } from "../support/command.ts";
import { openLive } from "../support/live-socket.ts";
import { setPassword } from "../support/session.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
let count = 0;

async function account(): Promise<{ name: string; session: string }> {
  const name = `tok${++count}`;
  const [session = ""] = await server.seedAccounts([name]);
  return { name, session };
}

async function tokenOf(session: string, options: string): Promise<string> {
  const reply = await server.command(`token new ${options}`, { token: session });
  expect([options, reply.status]).toEqual([options, 200]);
  return (reply.json.data as { token: string }).token;
}

const codeOf = async (line: string, token: string) =>
  (await server.command(line, { token })).headers["error-code"] as string | undefined;

/** A line of each command of a user, that fails only later than the scope, if at all. */
const lines: Partial<Record<CommandName, string>> = {
  sendprivate: "sendprivate tok1 halo",
  inbox: "inbox",
  creategroup: "creategroup grup-token",
  sendgroup: "sendgroup grup-token halo",
  inboxgroup: "inboxgroup grup-token",
  sent: "sent",
  status: "status 1",
  threads: "threads",
  thread: "thread tok1",
  read: "read tok1 1",
  joingroup: "joingroup grup-token",
  leavegroup: "leavegroup tidak-ada",
  groups: "groups",
  members: "members grup-token",
  invite: "invite grup-token tok1",
  kick: "kick grup-token tok1",
  block: "block jahat@jakarta",
  unblock: "unblock jahat@jakarta",
  blocks: "blocks",
  setting: "setting",
  requests: "requests",
  accept: "accept baru@jakarta",
  report: "report 999",
  whoami: "whoami",
  sessions: "sessions",
  "token new": "token new label=lagi",
  tokens: "tokens",
  "token revoke": "token revoke tidak-ada",
  passwd: "passwd salah-sekali salah-sekali",
  unregister: "unregister salah-sekali",
  logout: "logout",
  realms: "realms",
};

const refusals = ["out-of-scope", "session-required"];
const userCommands = (Object.entries(commands) as [CommandName, CommandSpec][]).filter(([, { by }]) => by === "user");

describe("each door checks the scope of every command:", () => {
  test("every command of users has a scope and a line here", () => {
    expect(userCommands.length).toBeGreaterThan(20);
    for (const [name, { scope }] of userCommands) expect([name, scope, lines[name]]).not.toContain(undefined);
  });

  test.each(["read", "send", "all"] as const)("a token of the scope %s", async (scope) => {
    const { session } = await account();
    for (const [name, spec] of userCommands) {
      // `logout` ends the token that sends it.
      const token = await tokenOf(session, `label=x${++count} scope=${scope}`);
      const expected =
        spec.scope === "owner"
          ? "session-required"
          : spec.scope === "any" || scope === "all" || spec.scope === scope
            ? "allowed"
            : "out-of-scope";
      const line = lines[name] ?? name;
      const authorization = `Bearer ${token}`;
      const allowed = (code: string | undefined) => (code !== undefined && refusals.includes(code) ? code : "allowed");

      if (name !== "passwd" && name !== "unregister") {
        const bulk = await sendRequest(new URL("/commands", server.url), "POST", line, { authorization });
        const { error } = JSON.parse(bulk.text);
        expect([name, "POST /commands", allowed(error)]).toEqual([name, "POST /commands", expected]);
      }
      if (name === "logout" && expected === "allowed") continue;
      expect([name, "POST /command", allowed(await codeOf(line, token))]).toEqual([name, "POST /command", expected]);
      if (scope === "send") continue;
      const live = await openLive(server.url, token);
      live.send(line);
      await expect.poll(() => live.replies().length).toBe(1);
      expect([name, "live", allowed(live.replies()[0]?.error)]).toEqual([name, "live", expected]);
      live.close();
      await server.command(`token revoke x${count}`, { token: session });
    }
  });

  test("a token that may only send opens no live socket", async () => {
    const { session } = await account();
    const token = await tokenOf(session, "label=kirim scope=send");
    const { status, headers } = await sendRequest(new URL("/live", server.url), "GET", "", {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": `ranah, ${token}`,
    });
    expect([status, headers["error-code"]]).toEqual([403, "out-of-scope"]);
  });
});

test("a token for one recipient sends to it and to nobody else, by any name of it", async () => {
  const { session } = await account();
  const [ani, budi] = [await account(), await account()];
  const token = await tokenOf(session, `label=ci scope=send to=${ani.name}`);
  expect((await server.command(`sendprivate ${ani.name} satu`, { token })).status).toBe(200);
  expect((await server.command(`sendprivate ${ani.name.toUpperCase()}@surabaya dua`, { token })).status).toBe(200);
  for (const line of [`sendprivate ${budi.name} x`, `sendprivate ${ani.name}@jakarta x`, `sendgroup ${budi.name} x`]) {
    expect([line, await codeOf(line, token)]).toEqual([line, "out-of-scope"]);
  }
  expect((await server.command("inbox", { token: ani.session })).json.data).toHaveLength(2);
});

test("the list shows what each token may do and when it was used, and never the token", async () => {
  const { session } = await account();
  const ci = await tokenOf(session, "label=CI scope=send to=tim expires=90d");
  await tokenOf(session, "label=arsip scope=read");
  expect((await server.command("whoami", { token: ci })).status).toBe(200);
  const listed = await server.command("tokens", { token: session });
  const iso = expect.stringMatching(/Z$/);
  expect(listed.json.data).toEqual([
    { label: "arsip", scope: "read", to: null, created: iso, used: null, expires: null },
    { label: "ci", scope: "send", to: "tim@surabaya", created: iso, used: iso, expires: iso },
  ]);
  expect(listed.text).not.toContain("rnh_");
  expect(await codeOf("token new label=ci", session)).toBe("label-taken");
  for (const options of ["", " scope=read", " label=x to=tim", " label=x scope=read to=tim"]) {
    expect([options, await codeOf(`token new${options}`, session)]).toEqual([options, "bad-token-options"]);
  }
});

test("a revoked token ends at once: its sockets, its waits and its next request", async () => {
  const { session } = await account();
  const token = await tokenOf(session, "label=ponsel");
  const live = await openLive(server.url, token);
  const waiting = server.command("inbox wait=25", { token });
  await expect.poll(async () => (await server.command("tokens", { token: session })).text).toContain('"used":"');
  const start = performance.now();
  expect((await server.command("token revoke ponsel", { token: session })).status).toBe(200);
  expect((await waiting).headers["error-code"]).toBe("session-ended");
  await expect.poll(() => live.events("session-ended").length).toBe(1);
  await expect.poll(() => live.isClosing()).toBe(true);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(await codeOf("whoami", token)).toBe("session-ended");
  expect(await codeOf("token revoke ponsel", session)).toBe("no-such-token");
});

test("a token expires, and a password change and the logout of sessions leave tokens as they are", async () => {
  const { name, session } = await account();
  const [short, long] = [await tokenOf(session, "label=pendek expires=1m"), await tokenOf(session, "label=panjang")];
  await server.sql(name, "update tokens set expires_at = 1 where label = 'pendek'");
  await server.evict(name);
  expect(await codeOf("whoami", short)).toBe("session-ended");
  expect((await server.command("tokens", { token: session })).json.data).toHaveLength(1);
  // An expired token does not hold its label.
  await tokenOf(session, "label=pendek");
  await setPassword(server, name, "rahasia-lama");
  expect((await server.command("passwd rahasia-lama rahasia-baru", { token: session })).status).toBe(200);
  expect((await server.command("logout all=yes", { token: session })).status).toBe(200);
  const whoami = await server.command("whoami", { token: long });
  expect([whoami.status, (whoami.json.data as { expires: unknown }).expires]).toEqual([200, null]);
});

test("an account has at most so many tokens, also when it asks for many at once", async () => {
  const { session } = await account();
  const replies = await Promise.all(
    Array.from({ length: 60 }, (_, n) => server.command(`token new label=t${n}`, { token: session })),
  );
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(50);
  expect(new Set(replies.map(({ headers }) => headers["error-code"]))).toEqual(new Set([undefined, "too-many-tokens"]));
});

test("nobody sees or ends the tokens of another account", async () => {
  const [owner, other] = [await account(), await account()];
  const token = await tokenOf(owner.session, "label=milikku");
  expect((await server.command("tokens", { token: other.session })).json.data).toEqual([]);
  expect(await codeOf("token revoke milikku", other.session)).toBe("no-such-token");
  expect((await server.command("whoami", { token })).status).toBe(200);
});
