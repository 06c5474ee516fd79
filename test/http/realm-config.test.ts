import { afterAll, describe, expect, test } from "vitest";
import { errorBody, okBody, sendRequest } from "../support/command.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { hibernates, useServer } from "../support/test-server.ts";

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

describe("an invitation-only realm with a retention of 8 days", () => {
  test("only the operator registers users", async () => {
    for (const token of [undefined, `${operator}x`, operator.slice(1)]) {
      const refused = await server.command("register budi rahasia-sekali", { token });
      expect([refused.status, refused.text]).toEqual([
        403,
        errorBody("Pendaftaran di realm ini perlu undangan: register code=KODE …"),
      ]);
      expect(refused.headers["error-code"]).toBe("invitation-required");
    }
    const english = await server.command("register budi rahasia-sekali", { english: true });
    expect(english.text).toBe(errorBody("Registration in this realm needs an invitation: register code=CODE …"));

    const registered = await server.command("register budi rahasia-sekali", { token: operator });
    expect(registered.text).toBe(okBody("Pengguna budi terdaftar"));
    expect((await server.command("auth budi rahasia-sekali")).status).toBe(200);
  });

  test("the operator token is rejected by commands that need an account", async () => {
    for (const line of ["whoami", "inbox", "sendprivate budi halo", "creategroup tim", "logout all=yes"]) {
      const reply = await server.command(line, { token: operator });
      expect([line, reply.status, reply.headers["error-code"]]).toEqual([line, 401, "session-ended"]);
    }
  });

  /** Creates an account with three messages, two of them older than the retention. */
  async function withOldMessages(name: string): Promise<string> {
    const [token = ""] = await server.seedAccounts([name]);
    for (const text of ["satu", "dua", "tiga"]) await server.command(`sendprivate ${name} ${text}`, { token });
    const log = `(select id from message_logs where kind = 'mailbox' and name = '${name}')`;
    const old = Date.now() - 8 * dayMs;
    await server.sql(name, `update messages set received_at = ${old} where log_id = ${log} and id <= 2`);
    await server.sql(name, `update sent_messages set sent_at = ${old} where account_id = ${log} and id <= 2`);
    return token;
  }

  test("messages older than the retention are deleted, and their ids are never reused", async () => {
    const token = await withOldMessages("lama");
    await server.sql("lama", "update shard_info set retention_ran_at = 0");
    await server.evict("lama");
    const inbox = async () => (await server.command("inbox", { token })).json.data;
    await expect.poll(inbox, { timeout: 10_000 }).toMatchObject([{ id: 3, text: "tiga" }]);
    const log = "(select id from message_logs where kind = 'mailbox' and name = 'lama')";
    await expect
      .poll(() => server.sql("lama", `select id from sent_messages where account_id = ${log}`))
      .toEqual([{ id: 3 }]);
    const next = await server.command("sendprivate lama empat", { token });
    expect(next.headers["message-id"]).toBe("4");
    expect(await inbox()).toMatchObject([{ id: 3 }, { id: 4, text: "empat" }]);
  });

  test("retention counts from arrival, not from a peer's time, and keeps old messages between newer ones", async () => {
    const [token = ""] = await server.seedAccounts(["arsip"]);
    const to = "arsip@surabaya";
    const deliver = (...messages: object[]) =>
      sendSigned(
        server.url,
        malang.signedDelivery(
          "surabaya",
          messages.map((message) => ({ to, ...message })),
        ),
      );
    const old = { uid: "lama", text: "dari 1970", time: "1970-01-01T00:00:00.000Z" };
    await deliver(old, { text: "dua" }, { text: "tiga" }, { text: "empat" });
    const inbox = async () => (await server.command("inbox", { token })).json.data as { id: number; time: string }[];
    const log = "(select id from message_logs where kind = 'mailbox' and name = 'arsip')";
    const sweep = async () => {
      await server.sql("arsip", "update shard_info set retention_ran_at = 0");
      await server.evict("arsip");
      await inbox();
      await expect
        .poll(() => server.sql<{ swept: number }>("arsip", "select retention_ran_at swept from shard_info"))
        .not.toEqual([{ swept: 0 }]);
    };
    await sweep();
    expect(await inbox()).toMatchObject([{ id: 1, time: old.time }, { id: 2 }, { id: 3 }, { id: 4 }]);
    // A repeated delivery is still recognised as the same message.
    expect((await deliver(old)).text).toBe('{"results":[{"state":"delivered"}]}');
    expect(await inbox()).toHaveLength(4);

    // As after a clock step: an old message between two newer ones is kept.
    await server.sql(
      "arsip",
      `update messages set received_at = ${Date.now() - 9 * dayMs} where log_id = ${log} and id in (1, 3)`,
    );
    await sweep();
    expect(await inbox()).toMatchObject([{ id: 2 }, { id: 3 }, { id: 4 }]);
  });

  test("a queued message and later messages of its sender are kept, however old", async () => {
    const [token = ""] = await server.seedAccounts(["sabar"]);
    malang.handlers.set("/federation/deliver", (_, response) => void response.writeHead(503).end());
    for (const to of ["sabar", "rina@malang", "sabar"]) {
      await server.command(`sendprivate ${to} halo`, { token });
    }
    const log = "(select id from message_logs where kind = 'mailbox' and name = 'sabar')";
    await server.sql("sabar", `update sent_messages set sent_at = ${Date.now() - 6 * dayMs} where account_id = ${log}`);
    // Six days are less than the retention and less than the time to live of a queued message.
    await server.sql(
      "sabar",
      `update sent_messages set sent_at = ${Date.now() - 9 * dayMs} where account_id = ${log} and id <> 2`,
    );
    await server.sql("sabar", "update shard_info set retention_ran_at = 0");
    await server.evict("sabar");
    const sent = async () => (await server.command("sent", { token })).json.data;
    await expect.poll(sent).toMatchObject([
      { id: 2, state: "queued" },
      { id: 3, state: "delivered" },
    ]);
    malang.handlers.clear();
  });

  test("an object applies the retention to its first message without a restart", async () => {
    const name = "awal";
    const [token = ""] = await server.seedAccounts([name]);
    // As if the next daily sweep were due in six seconds; until then the server has loaded the shard again.
    await server.sql(name, "delete from messages");
    await server.sql(name, `update shard_info set retention_ran_at = ${Date.now() - dayMs + 6000}`);
    await server.evict(name);
    await server.command(`sendprivate ${name} halo`, { token });
    await server.sql(name, `update messages set received_at = ${Date.now() - 9 * dayMs}`);
    await expect.poll(() => server.sql(name, "select id from messages"), { timeout: 15_000 }).toEqual([]);
  });
});

describe("after a restart with other variables", () => {
  test("a closed realm rejects registrations, also by the operator, and keeps its sessions", async () => {
    const [citra] = await server.seedAccounts(["citra"]);
    await server.restart({ REGISTRATION: "closed" });
    for (const token of [undefined, operator, citra]) {
      const refused = await server.command("register ani rahasia-sekali", { token });
      expect([refused.status, refused.text]).toEqual([403, errorBody("Pendaftaran di realm ini ditutup")]);
      expect(refused.headers["error-code"]).toBe("registration-closed");
    }
    expect((await server.command("whoami", { token: citra })).status).toBe(200);
  });

  // A self-hosted server does not start with a wrong configuration (serve.test.ts).
  test.runIf(hibernates)("a misconfigured realm answers 503 without its values, and still answers help", async () => {
    await server.restart({ REGISTRATION: "mungkin", OPERATOR_TOKEN: "pendek" });
    const text = "Konfigurasi realm ini salah; operator menemukan sebabnya di log";
    const replies = [
      await sendRequest(new URL("/healthz", server.url), "GET", "", {}),
      await server.command("register budi rahasia-sekali"),
      await server.command("whoami", { token: "pendek" }),
    ];
    for (const reply of replies) {
      expect([reply.status, reply.text]).toEqual([503, errorBody(text)]);
      expect(reply.headers).toMatchObject({ "error-code": "misconfigured", "retry-after": "60" });
    }
    expect((await server.command("help")).status).toBe(200);
    await expect
      .poll(() => server.logs())
      .toMatch(/REGISTRATION \(.*\), OPERATOR_TOKEN \(.*\) cannot be used as given/);
    expect(server.logs()).not.toContain("pendek");
  });
});
