import { beforeAll, describe, expect, test } from "vitest";
import { sqlEverywhere } from "../support/all-shards.ts";
import { errorBody, okBody } from "../support/command.ts";
import { type Refusal, testRefusals } from "../support/error-cases.ts";
import { jakarta, useServer } from "../support/realm.ts";
import { newToken, openSession, setPassword } from "../support/session.ts";

// Lines that are commands, and that the realm refuses for what it knows.
const server = useServer();
let budi = "";
let ani = "";

beforeAll(async () => {
  // Budi is in jakarta too, so that a token of one realm could pass for one of the other if only its name counted.
  await server.crowd(["budi"], "jakarta");
  [budi = "", ani = ""] = await server.crowd(["budi", "ani", "citra"]);
  await setPassword(server, "citra", "rahasia-citra");
  await server.command("creategroup tim", { token: budi });
  const first = await server.command("sendprivate key=k1 ani pesan pertama", { token: budi });
  expect(first.text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
});

type Row = [what: string, line: string];
type Reason = Omit<Refusal, "what" | "line">;
const refused = (reason: Reason, rows: Row[]): Refusal[] => rows.map(([what, line]) => ({ what, line, ...reason }));

describe("With an open session", () => {
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
  testRefusals(
    server,
    [
      ...refused(user("hantu@surabaya"), [["A message to nobody", "sendprivate hantu halo"]]),
      ...refused(user("constructor@surabaya"), [["A message to a constructor", "sendprivate constructor halo"]]),
      ...refused(user("hantu@jakarta"), [["A message to nobody in another realm", "sendprivate Hantu@Jakarta halo"]]),
      ...refused(user("ani@jakarta"), [["A message to a name of another realm", "sendprivate ani@jakarta halo"]]),
      ...refused(user("tim@surabaya"), [["A private message to a group", "sendprivate tim halo"]]),
      ...refused(group("hantu@surabaya"), [
        ["A message to no group", "sendgroup hantu halo"],
        ["A reading of no group", "inboxgroup hantu"],
        ["A wait for no group", "inboxgroup wait=20 hantu"],
      ]),
      ...refused(group("tim@jakarta"), [
        ["A message to a group of another realm", "sendgroup tim@jakarta halo"],
        ["A reading of a group of another realm", "inboxgroup last=3 tim@jakarta"],
      ]),
      ...refused(group("ani@surabaya"), [
        ["A group message to a user", "sendgroup ani halo"],
        ["A reading of another's mailbox as a group", "inboxgroup ani"],
      ]),
      ...refused(realm("bandung"), [
        ["A message to an unknown realm", "sendprivate ani@bandung halo"],
        ["A group message to an unknown realm", "sendgroup tim@Bandung halo"],
        ["A reading in an unknown realm", "inboxgroup tim@bandung"],
      ]),
      ...refused(realm("constructor"), [
        ["A message to the realm of a constructor", "sendprivate ani@constructor hai"],
      ]),
      ...refused(exists, [
        ["A group that exists", "creategroup tim"],
        ["A group that exists in capitals", "creategroup TIM"],
      ]),
      ...refused(reused, [
        ["A key with another text", "sendprivate key=k1 ani pesan kedua"],
        ["A key with one more space", "sendprivate key=k1 ani  pesan pertama"],
        ["A key with another recipient", "sendprivate key=k1 citra pesan pertama"],
        ["A key with a recipient in another realm", "sendprivate key=k1 budi@jakarta pesan pertama"],
        ["A key with a group", "sendgroup key=k1 tim pesan pertama"],
      ]),
    ],
    () => ({ token: budi }),
  );

  test("A key with the same text gets the same answer and number, and is stored once.", async () => {
    for (const line of ["sendprivate key=k1 ani pesan pertama", "sendprivate key=k1 ANI@Surabaya pesan pertama"]) {
      const again = await server.command(line, { token: budi });
      expect(again.text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
      expect(again.headers).toMatchObject({ "message-id": "1", "delivery-state": "delivered" });
    }
  });

  test("A key belongs to its sender: another sender's same key is free.", async () => {
    const sent = await server.command("sendprivate key=k1 ani dari saya sendiri", { token: ani });
    expect(sent.text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
  });
});

describe("At the door", () => {
  testRefusals(server, [
    ...refused(
      {
        status: 409,
        code: "name-taken",
        id: "Nama pengguna citra sudah dipakai",
        en: "The user name citra is taken",
      },
      [
        ["A registration of a name that exists", "register citra rahasia-lain"],
        ["A registration of a name that exists in capitals", "register CITRA rahasia-citra"],
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
        ["A wrong password", "auth citra rahasia-salah"],
        ["An unknown user", "auth hantu rahasia-hantu"],
        ["A login as a constructor", "auth constructor rahasia-sekali"],
      ],
    ),
  ]);
});

describe("Without an open session", () => {
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
  const under = (reason: Reason, how: string, lines = ["whoami"]) =>
    refused(
      reason,
      lines.map((line): Row => [`"${line}" ${how}`, line]),
    );
  const bearing = (authorization: () => string, host?: string) => () => ({
    headers: { authorization: authorization() },
    host,
  });

  testRefusals(server, under(missing, "without a token", sessionCommands));
  const damaged: [how: string, header: () => string][] = [
    ["with a token that lacks its last letter", () => `Bearer ${budi.slice(0, -1)}`],
    ["with a token that has a letter more", () => `Bearer rnh_budi_${"A".repeat(44)}`],
    ["with a token without its prefix", () => `Bearer ${budi.slice(4)}`],
    ["with a token without a name", () => `Bearer ${newToken("")}`],
    ["with a token of a name in capitals", () => `Bearer ${newToken("BUDI")}`],
    ["with a token of a prototype", () => `Bearer ${newToken("__proto__")}`],
    ["with a token of a name that climbs a path", () => `Bearer ${newToken("../budi")}`],
    ["with a token of 8,000 letters", () => `Bearer ${newToken("a".repeat(8000))}`],
    ["with two tokens", () => `Bearer ${budi} ${ani}`],
    ["with two tokens and a comma", () => `Bearer ${budi}, Bearer ${ani}`],
    ["with the scheme alone", () => "Bearer"],
    ["with another scheme", () => `Basic ${budi}`],
    ["with a token that has no scheme", () => budi],
    ["with a tab before the token", () => `Bearer\t${budi}`],
  ];
  for (const [how, header] of damaged) testRefusals(server, under(malformed, how), bearing(header));

  testRefusals(
    server,
    under(ended, "with a token that nobody gave", sessionCommands),
    bearing(() => `Bearer ${newToken("budi")}`),
  );
  testRefusals(
    server,
    under(ended, "with a token of an account that never was"),
    bearing(() => `Bearer ${newToken("hantu")}`),
  );
  testRefusals(
    server,
    under(ended, "with a token of another realm", sessionCommands),
    bearing(() => `Bearer ${budi}`, jakarta),
  );

  test("A session that is logged out, and one that has expired, are both over.", async () => {
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

  test("The scheme ignores case, and more than one space may follow it.", async () => {
    for (const authorization of [`bearer ${budi}`, `BEARER   ${budi}`]) {
      const reply = await server.command("whoami", { headers: { authorization } });
      expect(reply.json.data).toMatchObject({ user: "budi@surabaya" });
    }
  });
});

describe("After all that", () => {
  test("Only the good messages are stored.", async () => {
    const inbox = await server.command("inbox", { token: ani });
    expect(inbox.json.data).toMatchObject([
      { id: 1, from: "budi@surabaya", text: "pesan pertama" },
      { id: 2, from: "ani@surabaya", text: "dari saya sendiri" },
    ]);
    for (const line of ["inbox", "inboxgroup tim"]) {
      expect((await server.command(line, { token: budi })).text).toBe(okBody([]));
    }
    const rows = [
      ...(await sqlEverywhere<{ text: string }>(server, "select text from messages")),
      ...(await sqlEverywhere<{ text: string }>(server, "select text from messages", "jakarta", jakarta)),
    ];
    expect(rows.map(({ text }) => text)).toEqual(["pesan pertama", "dari saya sendiri"]);
  });

  test("There are no accounts and groups but the good ones, and nothing waits to be sent.", async () => {
    const logs = await sqlEverywhere<{ name: string }>(server, "select kind || ' ' || name name from logs");
    expect(logs.map(({ name }) => name).sort()).toEqual(["group tim", "mailbox ani", "mailbox budi", "mailbox citra"]);
    expect(await sqlEverywhere(server, "select name from logs", "jakarta", jakarta)).toEqual([{ name: "budi" }]);
    expect(await sqlEverywhere(server, "select * from sent where state = 'queued'")).toEqual([]);
    const sessions = await sqlEverywhere(server, "select digest from sessions");
    expect(sessions).toHaveLength(4);
  });
});
