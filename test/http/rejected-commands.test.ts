import { beforeAll, describe, expect, test } from "vitest";
import { queryAllShards } from "../support/all-shards.ts";
import { errorBody, okBody } from "../support/command.ts";
import { type ErrorCase, testErrorCases } from "../support/error-cases.ts";
import { newToken, openSession, setPassword } from "../support/session.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

// Well-formed commands that the realm rejects because of its data or the session.
const server = useServer();
let budi = "";
let ani = "";

beforeAll(async () => {
  // Budi has an account in both realms, so a token that is checked by user name alone would open both.
  await server.seedAccounts(["budi"], "jakarta");
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani", "citra"]);
  await setPassword(server, "citra", "rahasia-citra");
  await server.command("creategroup tim", { token: budi });
  const first = await server.command("sendprivate key=k1 ani pesan pertama", { token: budi });
  expect(first.text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
});

type Row = [what: string, line: string];
type Reason = Omit<ErrorCase, "what" | "line">;
const refused = (reason: Reason, rows: Row[]): ErrorCase[] => rows.map(([what, line]) => ({ what, line, ...reason }));

describe("with an open session", () => {
  const user = (address: string): Reason => ({
    status: 404,
    code: "no-such-user",
    id: `Pengguna ${address} tidak ada`,
    en: `There is no user ${address}`,
  });
  const group = (address: string): Reason => ({
    status: 404,
    code: "no-such-group",
    id: `Group ${address} tidak ada`,
    en: `There is no group ${address}`,
  });
  const realm = (name: string): Reason => ({
    status: 404,
    code: "no-such-realm",
    id: `Realm ${name} tidak dikenal di sini`,
    en: `Realm ${name} is not known here`,
  });
  const exists: Reason = {
    status: 409,
    code: "group-exists",
    id: "Group tim sudah ada",
    en: "The group tim exists already",
  };
  const reused: Reason = {
    status: 409,
    code: "key-reused",
    id: "Key k1 sudah dipakai untuk pesan lain",
    en: "The key k1 has been used for another message",
  };
  testErrorCases(
    server,
    [
      ...refused(user("hantu@surabaya"), [["a message to an unknown user", "sendprivate hantu halo"]]),
      ...refused(user("constructor@surabaya"), [
        ["a message to a user named constructor", "sendprivate constructor halo"],
      ]),
      ...refused(user("hantu@jakarta"), [
        ["a message to an unknown user of another realm", "sendprivate Hantu@Jakarta halo"],
      ]),
      ...refused(user("ani@jakarta"), [
        ["a message to a name that only this realm has, in another realm", "sendprivate ani@jakarta halo"],
      ]),
      ...refused(user("tim@surabaya"), [["a private message to a group", "sendprivate tim halo"]]),
      ...refused(group("hantu@surabaya"), [
        ["a message to an unknown group", "sendgroup hantu halo"],
        ["a read of an unknown group", "inboxgroup hantu"],
        ["a long poll of an unknown group", "inboxgroup wait=20 hantu"],
      ]),
      ...refused(group("tim@jakarta"), [
        ["a message to a group that only this realm has, in another realm", "sendgroup tim@jakarta halo"],
        ["a read of a group that only this realm has, in another realm", "inboxgroup last=3 tim@jakarta"],
      ]),
      ...refused(group("ani@surabaya"), [
        ["a group message to a user", "sendgroup ani halo"],
        ["a read of another user's mailbox as a group", "inboxgroup ani"],
      ]),
      ...refused(realm("bandung"), [
        ["a message to an unknown realm", "sendprivate ani@bandung halo"],
        ["a group message to an unknown realm", "sendgroup tim@Bandung halo"],
        ["a read in an unknown realm", "inboxgroup tim@bandung"],
      ]),
      ...refused(realm("constructor"), [["a message to a realm named constructor", "sendprivate ani@constructor hai"]]),
      ...refused(exists, [
        ["creating a group that exists", "creategroup tim"],
        ["creating a group that exists, in capitals", "creategroup TIM"],
      ]),
      ...refused(reused, [
        ["a reused key with another text", "sendprivate key=k1 ani pesan kedua"],
        ["a reused key with one more space", "sendprivate key=k1 ani  pesan pertama"],
        ["a reused key with another recipient", "sendprivate key=k1 citra pesan pertama"],
        ["a reused key with a recipient in another realm", "sendprivate key=k1 budi@jakarta pesan pertama"],
        ["a reused key with a group", "sendgroup key=k1 tim pesan pertama"],
      ]),
    ],
    () => ({ token: budi }),
  );

  test("a retry with the same key and text returns the same answer and id, and is stored once", async () => {
    for (const line of ["sendprivate key=k1 ani pesan pertama", "sendprivate key=k1 ANI@Surabaya pesan pertama"]) {
      const again = await server.command(line, { token: budi });
      expect(again.text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
      expect(again.headers).toMatchObject({ "message-id": "1", "delivery-state": "delivered" });
    }
  });

  test("two senders can use the same key", async () => {
    const sent = await server.command("sendprivate key=k1 ani dari saya sendiri", { token: ani });
    expect(sent.text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
  });
});

describe("register and auth", () => {
  testErrorCases(server, [
    ...refused(
      {
        status: 409,
        code: "name-taken",
        id: "Nama pengguna citra sudah dipakai",
        en: "The user name citra is taken",
      },
      [
        ["a registration of a name that exists", "register citra rahasia-lain"],
        ["a registration of a name that exists in capitals", "register CITRA rahasia-citra"],
      ],
    ),
    ...refused(
      {
        status: 401,
        code: "wrong-credentials",
        id: "Nama pengguna atau password salah",
        en: "Wrong user name or password",
      },
      [
        ["a login with a wrong password", "auth citra rahasia-salah"],
        ["a login of an unknown user", "auth hantu rahasia-hantu"],
        ["a login as a user named constructor", "auth constructor rahasia-sekali"],
      ],
    ),
  ]);
});

describe("without an open session", () => {
  const sessionCommands = [
    "sendprivate ani halo",
    "inbox",
    "inbox wait=25",
    "creategroup baru",
    "sendgroup tim halo",
    "inboxgroup tim",
    "whoami",
    "sessions",
    "passwd rahasia-lama rahasia-baru",
    "logout",
    "logout all=yes",
  ];
  const missing: Reason = {
    status: 401,
    code: "token-missing",
    id: "Belum login: kirim header Authorization: Bearer TOKEN, token didapat dari auth",
    en: "Not logged in: send the header Authorization: Bearer TOKEN, auth gives the token",
  };
  const malformed: Reason = { status: 401, code: "token-malformed", id: "Token rusak", en: "The token is damaged" };
  const ended: Reason = {
    status: 401,
    code: "session-ended",
    id: "Sesi tidak berlaku di realm ini: sudah berakhir atau tidak pernah ada. Lakukan auth lagi",
    en: "No such session in this realm: it has ended or never was. Use auth again",
  };
  const rejectedWith = (reason: Reason, how: string, lines = ["whoami"]) =>
    refused(
      reason,
      lines.map((line): Row => [`"${line}" ${how}`, line]),
    );
  const withAuthorization = (authorization: () => string, host?: string) => () => ({
    headers: { authorization: authorization() },
    host,
  });

  testErrorCases(server, rejectedWith(missing, "without a token", sessionCommands));
  testErrorCases(
    server,
    rejectedWith(missing, "with the scheme alone"),
    withAuthorization(() => "Bearer"),
  );
  const malformedTokens: [how: string, header: () => string][] = [
    ["with a token that lacks its last character", () => `Bearer ${budi.slice(0, -1)}`],
    ["with a token that has one more character", () => `Bearer rnh_budi_${"A".repeat(44)}`],
    ["with a token without its prefix", () => `Bearer ${budi.slice(4)}`],
    ["with a token without a user name", () => `Bearer ${newToken("")}`],
    ["with a token whose user name is in capitals", () => `Bearer ${newToken("BUDI")}`],
    ["with a token whose user name is __proto__", () => `Bearer ${newToken("__proto__")}`],
    ["with a token whose user name is a relative path", () => `Bearer ${newToken("../budi")}`],
    ["with a token whose user name has 8,000 characters", () => `Bearer ${newToken("a".repeat(8000))}`],
    ["with two tokens", () => `Bearer ${budi} ${ani}`],
    ["with two tokens and a comma", () => `Bearer ${budi}, Bearer ${ani}`],
    ["with another scheme", () => `Digest ${budi}`],
    ["with a token that has no scheme", () => budi],
    ["with a tab before the token", () => `Bearer\t${budi}`],
  ];
  for (const [how, header] of malformedTokens)
    testErrorCases(server, rejectedWith(malformed, how), withAuthorization(header));

  testErrorCases(
    server,
    rejectedWith(ended, "with a token that was never issued", sessionCommands),
    withAuthorization(() => `Bearer ${newToken("budi")}`),
  );
  testErrorCases(
    server,
    rejectedWith(ended, "with a token of an account that does not exist"),
    withAuthorization(() => `Bearer ${newToken("hantu")}`),
  );
  testErrorCases(
    server,
    rejectedWith(ended, "with a token of another realm", sessionCommands),
    withAuthorization(() => `Bearer ${budi}`, jakartaHost),
  );

  test("a session ends at logout and at expiry", async () => {
    const loggedOut = await openSession(server, "ani");
    expect((await server.command("logout", { token: loggedOut })).text).toBe(okBody("Sesi diakhiri"));
    const expired = await openSession(server, "ani", Date.now() - 30 * 24 * 60 * 60 * 1000);
    for (const token of [loggedOut, expired]) {
      const reply = await server.command("inbox", { token });
      expect(reply.text).toBe(errorBody(ended.id));
      expect(reply.status).toBe(401);
      expect(reply.headers).toMatchObject({ "error-code": "session-ended", "www-authenticate": "Bearer" });
    }
  });

  test("the Bearer scheme is case-insensitive and several spaces may follow it", async () => {
    for (const authorization of [`bearer ${budi}`, `BEARER   ${budi}`]) {
      const reply = await server.command("whoami", { headers: { authorization } });
      expect(reply.json.data).toMatchObject({ user: "budi@surabaya" });
    }
  });
});

describe("after all these commands", () => {
  test("only the accepted messages are stored", async () => {
    const inbox = await server.command("inbox", { token: ani });
    expect(inbox.json.data).toMatchObject([
      { id: 1, from: "budi@surabaya", text: "pesan pertama" },
      { id: 2, from: "ani@surabaya", text: "dari saya sendiri" },
    ]);
    for (const line of ["inbox", "inboxgroup tim"]) {
      expect((await server.command(line, { token: budi })).text).toBe(okBody([]));
    }
    const rows = [
      ...(await queryAllShards<{ text: string }>(server, "select text from messages")),
      ...(await queryAllShards<{ text: string }>(server, "select text from messages", "jakarta", jakartaHost)),
    ];
    expect(rows.map(({ text }) => text)).toEqual(["pesan pertama", "dari saya sendiri"]);
  });

  test("only the accepted accounts and groups exist, and no message is queued", async () => {
    const logs = await queryAllShards<{ name: string }>(server, "select kind || ' ' || name name from message_logs");
    expect(logs.map(({ name }) => name).sort()).toEqual(["group tim", "mailbox ani", "mailbox budi", "mailbox citra"]);
    expect(await queryAllShards(server, "select name from message_logs", "jakarta", jakartaHost)).toEqual([
      { name: "budi" },
    ]);
    expect(await queryAllShards(server, "select * from sent_messages where state = 'queued'")).toEqual([]);
    const sessions = await queryAllShards(server, "select token_digest from sessions");
    expect(sessions).toHaveLength(4);
  });
});
