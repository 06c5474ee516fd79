import { afterAll, describe, expect, test } from "vitest";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { openLive } from "../support/live-socket.ts";
import { setPassword } from "../support/session.ts";
import { shardCount, useServer } from "../support/test-server.ts";

const root = "operator-rahasia-0123456789";
const malang = new FakePeer("malang");
const server = useServer({
  OPERATOR_TOKEN: root,
  LOCAL_PEERS: "yes",
  PEERS: JSON.stringify({ malang: await malang.start() }),
});
afterAll(() => malang.stop());

const { as } = server;
const operator = as(root);

async function accounts(...names: string[]): Promise<ReturnType<typeof as>[]> {
  const tokens = await server.seedAccounts(names);
  return tokens.map((token) => as(token));
}

describe("a ban", () => {
  test("of an account ends its sessions and sockets; it logs in again, reads, and reaches nobody", async () => {
    const [[token = ""], [ani]] = [await server.seedAccounts(["nakal"]), await accounts("ani")];
    await setPassword(server, "nakal", "rahasia-nakal");
    await ani?.("sendprivate nakal halo");
    const live = await openLive(server.url, token);
    expect(await operator("ban nakal mengirim spam")).toMatchObject({ status: 200, data: "nakal diblokir" });
    await expect.poll(() => live.events("session-ended").length).toBe(1);
    expect((await as(token)("whoami")).code).toBe("session-ended");

    const login = await server.command("auth nakal rahasia-nakal");
    const again = as((login.json.data as { token: string }).token);
    for (const line of [
      "sendprivate ani hai",
      "creategroup geng",
      "joingroup geng",
      "invite geng ani",
      "kick geng ani",
    ]) {
      const { status, code, data } = await again(line);
      expect([line, status, code]).toEqual([line, 403, "banned"]);
      expect(data).toContain("mengirim spam");
    }
    for (const line of ["inbox", "threads", "sent", "groups", "whoami", "sessions"]) {
      expect([line, (await again(line)).status]).toEqual([line, 200]);
    }
    expect(await operator("bans")).toMatchObject({ data: [{ target: "nakal", reason: "mengirim spam" }] });
    await server.evict("nakal");
    expect((await again("sendprivate ani hai")).code).toBe("banned");
    expect((await operator("unban nakal")).status).toBe(200);
    expect((await again("sendprivate ani hai")).status).toBe(200);
    expect((await operator("unban nakal")).code).toBe("not-banned");
    expect((await operator("ban tidak-ada")).code).toBe("no-such-user");
  });

  test("of a realm refuses its requests and what is sent to it, from every shard", async () => {
    // As many senders as it takes to have one in every shard.
    const names = Array.from({ length: 2 * shardCount + 2 }, (_, n) => `kirim${n}`);
    const senders = await accounts(...names);
    expect((await operator("ban @malang")).status).toBe(200);
    for (const sender of senders) {
      for (const line of ["sendprivate rina@malang hai", "sendgroup tim@malang hai", "joingroup tim@malang"]) {
        expect([line, (await sender(line)).code]).toEqual([line, "realm-banned"]);
      }
    }
    const deliver = () => sendSigned(server.url, malang.signedDelivery("surabaya", [{ to: "kirim0@surabaya" }]));
    expect((await deliver()).status).toBe(403);
    expect((await operator("unban @malang")).status).toBe(200);
    expect((await deliver()).status).toBe(200);
    expect((await senders[0]?.("sendprivate rina@malang hai"))?.status).toBe(200);
    expect((await operator("ban @surabaya")).code).toBe("bad-target");
  });
});

describe("a lockdown", () => {
  test("closes registrations, then logins, and opens again; sessions that are open stay", async () => {
    const [budi] = await accounts("budi");
    await setPassword(server, "budi", "rahasia-budi");
    const basic = { authorization: `Basic ${Buffer.from("budi:rahasia-budi").toString("base64")}` };
    const doors = async () => [
      (await as(undefined)(`register tamu${Math.random().toString(36).slice(2)} rahasia-sekali`)).code,
      (await as(undefined)("auth budi rahasia-budi")).code,
      (await server.command("whoami", { headers: basic })).headers["error-code"],
      (await budi?.("whoami"))?.code,
    ];
    expect(await operator("lockdown 1")).toMatchObject({ status: 200, data: "Lockdown 1" });
    expect(await doors()).toEqual(["locked-down", undefined, undefined, undefined]);
    await operator("lockdown 3");
    expect(await doors()).toEqual(["locked-down", "locked-down", "locked-down", undefined]);
    expect((await operator("register darurat rahasia-sekali")).status).toBe(200);
    await server.evict("budi");
    expect((await doors())[1]).toBe("locked-down");
    await operator("lockdown 0");
    expect(await doors()).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("operators", () => {
  test("act by their own sessions, and the audit log has their names and no secret", async () => {
    const [[token = ""], [biasa]] = [await server.seedAccounts(["kepala"]), await accounts("biasa")];
    const kepala = as(token);
    expect((await kepala("stats")).code).toBe("operator-only");
    expect((await operator("operator add kepala")).status).toBe(200);
    expect(await operator("operators")).toMatchObject({ data: [{ account: "kepala" }] });
    const { data } = await operator("audit limit=10000");
    const last = (data as { id: number }[]).at(-1)?.id ?? 0;

    expect((await kepala("ban biasa spam")).status).toBe(200);
    const reset = await kepala("resetpassword biasa");
    const { code } = reset.data as { code: string };
    expect((await kepala("unban biasa")).status).toBe(200);
    expect((await kepala("operator add biasa")).code).toBe("root-only");
    expect((await biasa?.("ban kepala"))?.code).not.toBe(undefined);
    expect((await operator(`register code=${code} biasa rahasia-baru`)).status).toBe(200);
    expect((await operator(`register code=${code} biasa rahasia-lain`)).code).toBe("bad-code");
    const audit = await operator(`audit after=${last}`);
    expect(audit.data).toMatchObject([
      { actor: "kepala", act: "ban", target: "biasa" },
      { actor: "kepala", act: "resetpassword", target: "biasa" },
      { actor: "kepala", act: "unban", target: "biasa" },
      { actor: "biasa", act: "password-reset", target: "biasa" },
    ]);
    expect(JSON.stringify(audit.data)).not.toContain(code);

    // A token of an operator is for a program, which is no operator.
    const made = await kepala("token new label=ci");
    expect((await as((made.data as { token: string }).token)("stats")).code).toBe("session-required");
    expect((await operator("operator remove kepala")).status).toBe(200);
    expect((await kepala("stats")).code).toBe("operator-only");
  });

  test("see accounts page by page in order, and the size of the realm", async () => {
    const names = Array.from({ length: 12 }, (_, n) => `daftar${String(n).padStart(2, "0")}`);
    await server.seedAccounts(names);
    const seen: string[] = [];
    for (let past = "daftar"; ; past = seen.at(-1) ?? "") {
      const rows = (await operator(`accounts past=${past} limit=5`)).data as { account: string; banned: boolean }[];
      seen.push(...rows.map(({ account }) => account));
      if (rows.length < 5 || seen.length > 100) break;
    }
    expect(seen.slice(0, 12)).toEqual(names);
    expect(seen).toEqual([...new Set(seen)].sort());
    const stats = (await operator("stats")).data as { accounts: number; shards: { accounts: number }[] };
    expect(stats.shards).toHaveLength(shardCount);
    expect(stats.accounts).toBe(stats.shards.reduce((sum, { accounts }) => sum + accounts, 0));
    expect(stats.accounts).toBeGreaterThanOrEqual(12);
  });

  test("write a notice to every account, once", async () => {
    const readers = await accounts("baca1", "baca2", "baca3", "baca4", "baca5");
    const { data } = await operator("notice server pindah malam ini = nanti");
    expect((data as { accounts: number }).accounts).toBeGreaterThanOrEqual(5);
    for (const reader of readers) {
      expect((await reader("inbox last=1")).data).toMatchObject([
        { from: "sistem@surabaya", text: "server pindah malam ini = nanti" },
      ]);
    }
  });

  test("see the messages that accounts report, and no others", async () => {
    const [korban, jahat] = await accounts("lapor", "pelaku");
    await jahat?.("sendprivate lapor kata kasar");
    await jahat?.("sendprivate lapor biasa saja");
    await jahat?.("creategroup ramai");
    await jahat?.("sendgroup ramai di group");
    await korban?.("joingroup ramai");
    expect((await korban?.("report 1 menghina saya"))?.status).toBe(200);
    expect((await korban?.("report ramai 1"))?.status).toBe(200);
    expect((await korban?.("report 99"))?.code).toBe("no-such-message");
    expect((await korban?.("report tidak-ada 1"))?.code).toBe("no-such-group");
    const { data } = await operator("reports");
    expect(data).toMatchObject([
      {
        reporter: "lapor@surabaya",
        group: null,
        message: 1,
        sender: "pelaku@surabaya",
        text: "kata kasar",
        reason: "menghina saya",
      },
      { group: "ramai@surabaya", message: 1, text: "di group", reason: "" },
    ]);
    expect(JSON.stringify(data)).not.toContain("biasa saja");
  });

  test("commands are refused without the token, over sockets and in bulk requests", async () => {
    const [token = ""] = await server.seedAccounts(["iseng"]);
    for (const line of [
      "stats",
      "accounts",
      "ban iseng",
      "unban iseng",
      "bans",
      "lockdown 3",
      "notice x",
      "audit",
      "operators",
    ]) {
      expect([line, (await as(token)(line)).code]).toEqual([line, "operator-only"]);
      expect([line, (await as(undefined)(line)).code]).toEqual([line, "token-missing"]);
    }
    const live = await openLive(server.url, token);
    live.send("lockdown 3");
    await expect.poll(() => live.replies().length).toBe(1);
    expect(live.replies()[0]?.error).toBe("post-command-only");
  });
});
