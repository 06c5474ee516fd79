import { afterAll, describe, expect, test } from "vitest";
import { errorBody, exchange, okBody } from "../support/command.ts";
import { bring, FakePeer } from "../support/fake-peer.ts";
import { useServer } from "../support/realm.ts";

const operator = "operator-rahasia-0123456789";
const dayMs = 24 * 60 * 60 * 1000;

const malang = new FakePeer("malang");
const server = useServer({
  REGISTRATION: "invite",
  OPERATOR_TOKEN: operator,
  RETENTION_DAYS: 8,
  LOCAL_PEERS: "yes",
  PEERS: JSON.stringify({ malang: await malang.start() }),
});
afterAll(() => malang.stop());

describe("A realm by invitation, with a retention of 8 days", () => {
  test("Only the operator registers users.", async () => {
    for (const token of [undefined, `${operator}x`, operator.slice(1)]) {
      const refused = await server.command("register budi rahasia-sekali", { token });
      expect([refused.status, refused.text]).toEqual([
        403,
        errorBody("Di realm ini hanya operator yang mendaftarkan pengguna"),
      ]);
      expect(refused.headers["error-code"]).toBe("operator-registers");
    }
    const english = await server.command("register budi rahasia-sekali", { english: true });
    expect(english.text).toBe(errorBody("In this realm only the operator registers users"));

    const registered = await server.command("register budi rahasia-sekali", { token: operator });
    expect(registered.text).toBe(okBody("Pengguna budi terdaftar"));
    expect((await server.command("auth budi rahasia-sekali")).status).toBe(200);
  });

  test("The operator is no account: it has no mailbox and sends nothing.", async () => {
    for (const line of ["whoami", "inbox", "sendprivate budi halo", "creategroup tim", "logout all=yes"]) {
      const reply = await server.command(line, { token: operator });
      expect([line, reply.status, reply.headers["error-code"]]).toEqual([line, 401, "session-ended"]);
    }
  });

  /** An account with three messages, of which two are too old. */
  async function withOldMessages(name: string): Promise<string> {
    const [token = ""] = await server.crowd([name]);
    for (const text of ["satu", "dua", "tiga"]) await server.command(`sendprivate ${name} ${text}`, { token });
    const log = `(select id from logs where kind = 'mailbox' and name = '${name}')`;
    const old = Date.now() - 8 * dayMs;
    await server.sql(name, `update messages set arrived = ${old} where log = ${log} and id <= 2`);
    await server.sql(name, `update sent set time = ${old} where account = ${log} and id <= 2`);
    return token;
  }

  test("Messages older than the retention go by themselves, and their numbers never come back.", async () => {
    const token = await withOldMessages("lama");
    await server.sql("lama", "update realm set swept = 0");
    await server.evict("lama");
    const inbox = async () => (await server.command("inbox", { token })).json.data;
    await expect.poll(inbox, { timeout: 10_000 }).toMatchObject([{ id: 3, text: "tiga" }]);
    const log = "(select id from logs where kind = 'mailbox' and name = 'lama')";
    await expect.poll(() => server.sql("lama", `select id from sent where account = ${log}`)).toEqual([{ id: 3 }]);
    const next = await server.command("sendprivate lama empat", { token });
    expect(next.headers["message-id"]).toBe("4");
    expect(await inbox()).toMatchObject([{ id: 3 }, { id: 4, text: "empat" }]);
  });

  test("What a peer says is old goes no sooner than what came with it, and nothing goes from between what stays.", async () => {
    const [token = ""] = await server.crowd(["arsip"]);
    const to = "arsip@surabaya";
    const deliver = (...messages: object[]) =>
      bring(
        server.url,
        malang.delivery(
          "surabaya",
          messages.map((message) => ({ to, ...message })),
        ),
      );
    const old = { uid: "lama", text: "dari 1970", time: "1970-01-01T00:00:00.000Z" };
    await deliver(old, { text: "dua" }, { text: "tiga" }, { text: "empat" });
    const inbox = async () => (await server.command("inbox", { token })).json.data as { id: number; time: string }[];
    const log = "(select id from logs where kind = 'mailbox' and name = 'arsip')";
    const sweep = async () => {
      await server.sql("arsip", "update realm set swept = 0");
      await server.evict("arsip");
      await inbox();
      await expect
        .poll(() => server.sql<{ swept: number }>("arsip", "select swept from realm"))
        .not.toEqual([{ swept: 0 }]);
    };
    await sweep();
    expect(await inbox()).toMatchObject([{ id: 1, time: old.time }, { id: 2 }, { id: 3 }, { id: 4 }]);
    // Brought again it is the same message still.
    expect((await deliver(old)).text).toBe('{"results":[{"state":"delivered"}]}');
    expect(await inbox()).toHaveLength(4);

    // Clocks that were set back once: what arrived between two that stay, stays.
    await server.sql(
      "arsip",
      `update messages set arrived = ${Date.now() - 9 * dayMs} where log = ${log} and id in (1, 3)`,
    );
    await sweep();
    expect(await inbox()).toMatchObject([{ id: 2 }, { id: 3 }, { id: 4 }]);
  });

  test("What still waits is not removed, however old, nor is what its sender sent after it.", async () => {
    const [token = ""] = await server.crowd(["sabar"]);
    malang.answers.set("/federation/deliver", (_, response) => void response.writeHead(503).end());
    for (const to of ["sabar", "rina@malang", "sabar"]) {
      await server.command(`sendprivate ${to} halo`, { token });
    }
    const log = "(select id from logs where kind = 'mailbox' and name = 'sabar')";
    await server.sql("sabar", `update sent set time = ${Date.now() - 6 * dayMs} where account = ${log}`);
    // Six days are less than the retention, and less than a message is tried for.
    await server.sql("sabar", `update sent set time = ${Date.now() - 9 * dayMs} where account = ${log} and id <> 2`);
    await server.sql("sabar", "update realm set swept = 0");
    await server.evict("sabar");
    const sent = async () => (await server.command("sent", { token })).json.data;
    await expect.poll(sent).toMatchObject([
      { id: 2, state: "queued" },
      { id: 3, state: "delivered" },
    ]);
    malang.answers.clear();
  });

  test("The retention is kept by an object that has just got its first message and is never started again.", async () => {
    const name = "awal";
    const [token = ""] = await server.crowd([name]);
    // As if the last sweep were a day ago but for two seconds.
    await server.sql(name, "delete from messages");
    await server.sql(name, `update realm set swept = ${Date.now() - dayMs + 2000}`);
    await server.evict(name);
    await server.command(`sendprivate ${name} halo`, { token });
    await server.sql(name, `update messages set arrived = ${Date.now() - 9 * dayMs}`);
    await expect.poll(() => server.sql(name, "select id from messages"), { timeout: 5_000 }).toEqual([]);
  });
});

describe("Started anew with other variables", () => {
  test("A closed realm registers nobody, not even for the operator; whoever is in stays in.", async () => {
    const [citra] = await server.crowd(["citra"]);
    await server.restart({ REGISTRATION: "closed" });
    for (const token of [undefined, operator, citra]) {
      const refused = await server.command("register ani rahasia-sekali", { token });
      expect([refused.status, refused.text]).toEqual([403, errorBody("Pendaftaran di realm ini ditutup")]);
      expect(refused.headers["error-code"]).toBe("registration-closed");
    }
    expect((await server.command("whoami", { token: citra })).status).toBe(200);
  });

  test("A realm with a wrong configuration says so with 503, tells nobody the values, and still explains itself.", async () => {
    await server.restart({ REGISTRATION: "mungkin", OPERATOR_TOKEN: "pendek" });
    const text = "Konfigurasi realm ini salah; operator menemukan sebabnya di log";
    const replies = [
      await exchange(new URL("/healthz", server.url), "GET", "", {}),
      await server.command("register budi rahasia-sekali"),
      await server.command("whoami", { token: "pendek" }),
    ];
    for (const reply of replies) {
      expect([reply.status, reply.text]).toEqual([503, errorBody(text)]);
      expect(reply.headers).toMatchObject({ "error-code": "misconfigured", "retry-after": "60" });
    }
    expect((await server.command("help")).status).toBe(200);
    await expect.poll(() => server.logs()).toMatch(/REGISTRATION, OPERATOR_TOKEN cannot be used as given/);
    expect(server.logs()).not.toContain("pendek");
  });
});
