import { expect, test } from "vitest";
import { openLive } from "../support/live-socket.ts";
import { setPassword } from "../support/session.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();
const password = "rahasia-sekali";
const as =
  (token = "", host?: string) =>
  async (line: string) => {
    const { status, headers, json } = await server.command(line, { token, host });
    return { status, code: headers["error-code"], data: json.data as unknown };
  };

test("an account that removes itself leaves nothing of its own, and what others have of it stays", async () => {
  const [token = "", aniToken = "", citraToken] = await server.seedAccounts(["pergi", "ani", "citra"]);
  const [rinaToken] = await server.seedAccounts(["rina"], "jakarta");
  await setPassword(server, "pergi", password);
  const [pergi, ani, citra, rina] = [as(token), as(aniToken), as(citraToken), as(rinaToken, jakartaHost)];
  for (const who of [ani, rina]) await who("sendprivate pergi@surabaya untuk pergi");
  for (const to of ["ani", "rina@jakarta", "pergi"]) await pergi(`sendprivate ${to} dari pergi`);
  await pergi("creategroup milikku");
  await ani("joingroup milikku");
  await rina("joingroup milikku@surabaya");
  await citra("creategroup lain");
  await pergi("joingroup lain");
  await pergi("sendgroup milikku halo group");
  await pergi("token new label=ci");
  await pergi("block @buruk.example");
  await pergi("read ani 1");
  const live = await openLive(server.url, token);
  const waiting = server.command("inbox after=1000 wait=25", { token });

  expect(await pergi("unregister salah-sekali")).toMatchObject({ status: 403, code: "wrong-password" });
  expect((await pergi("whoami")).status).toBe(200);
  expect(await pergi(`unregister ${password}`)).toMatchObject({ status: 200, data: "Akun pergi dihapus" });

  await expect.poll(() => live.events("session-ended").length).toBe(1);
  expect((await waiting).headers["error-code"]).toBe("session-ended");
  expect((await pergi("whoami")).code).toBe("session-ended");
  expect((await as()(`auth pergi ${password}`)).code).toBe("wrong-credentials");
  expect((await as()(`register pergi ${password}`)).code).toBe("name-taken");
  expect((await ani("sendprivate pergi hai")).code).toBe("no-such-user");
  expect((await rina("sendprivate pergi@surabaya hai")).code).toBe("no-such-user");

  for (const who of [ani, rina]) {
    expect((await who("inbox limit=1")).data).toMatchObject([{ from: "pergi@surabaya", text: "dari pergi" }]);
    expect((await who("inboxgroup milikku@surabaya")).data).toMatchObject([
      { from: "pergi@surabaya", text: "halo group" },
    ]);
  }
  // The group has passed on to the member who had joined first.
  await expect
    .poll(async () => (await ani("members milikku")).data)
    .toMatchObject([{ user: "ani@surabaya", role: "owner" }, { user: "rina@jakarta" }]);
  await expect.poll(async () => (await citra("members lain")).data).toMatchObject([{ user: "citra@surabaya" }]);

  const left = async (table: string, column = "account_id") => {
    const query = `select count(*) count from ${table} where ${column} not in (select id from accounts)`;
    return (await server.sql<{ count: number }>("pergi", query))[0]?.count;
  };
  for (const table of ["sessions", "tokens", "blocks", "memberships", "read_markers", "sent_messages", "sent_logs"]) {
    expect([table, await left(table)]).toEqual([table, 0]);
  }
  for (const table of [
    "conversation_list",
    "account_checkpoints",
    "reset_codes",
    "held_messages",
    "account_settings",
  ]) {
    expect([table, await left(table)]).toEqual([table, 0]);
  }
  const messages =
    "select count(*) count from messages join message_logs on message_logs.id = log_id where is_dropped = 1";
  await expect.poll(async () => (await server.sql<{ count: number }>("pergi", messages))[0]?.count).toBe(0);
});

test("the name is free after 90 days, and its new owner finds nothing of the old one", async () => {
  const [token, aniToken] = await server.seedAccounts(["ganti", "ani2"]);
  await setPassword(server, "ganti", password);
  const ani = as(aniToken);
  await ani("sendprivate ganti lama");
  await as(token)(`unregister ${password}`);
  await server.sql("ganti", "update reserved_names set reserved_until = 1");
  const fresh = as(await server.signUp("ganti"));
  for (const line of ["inbox", "sent", "threads", "groups", "tokens", "blocks"]) {
    expect([line, (await fresh(line)).data]).toEqual([line, []]);
  }
  expect((await ani("sendprivate ganti baru")).status).toBe(200);
  expect((await fresh("inbox")).data).toMatchObject([{ id: 1, text: "baru" }]);
  expect(((await fresh("thread ani2")).data as { text: string }[]).map(({ text }) => text)).toEqual(["baru"]);
});

test("two removals at the same moment, and sends meanwhile, end in a realm that works", async () => {
  const [token = "", aniToken] = await server.seedAccounts(["dobel", "ani3"]);
  await setPassword(server, "dobel", password);
  const ani = as(aniToken);
  const replies = await Promise.all([
    as(token)(`unregister ${password}`),
    as(token)(`unregister ${password}`),
    ...Array.from({ length: 40 }, (_, n) => ani(`sendprivate dobel ${n}`)),
    ...Array.from({ length: 40 }, (_, n) => as(token)(`sendprivate ani3 ${n}`)),
  ]);
  for (const { status } of replies) expect(status).toBeLessThan(500);
  expect((await ani("sendprivate dobel hai")).code).toBe("no-such-user");
  expect((await ani("whoami")).status).toBe(200);
  await server.evict("dobel");
  expect((await ani("inbox last=1")).status).toBe(200);
});
