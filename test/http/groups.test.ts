import { beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { Reply } from "../support/command.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();
/** Tokens by address. */
const tokens = new Map<string, string>();
const names = ["budi", "ani", "dewi", "tono", "wati"];
beforeAll(async () => {
  for (const realm of ["surabaya", "jakarta"]) {
    const accountTokens = await server.seedAccounts(names, realm);
    for (const [index, token] of accountTokens.entries()) tokens.set(`${names[index]}@${realm}`, token);
  }
});

/** Sends a command as a user of surabaya or jakarta. @param who a name of surabaya or a full address */
function as(who: string, line: string): Promise<Reply> {
  const address = who.includes("@") ? who : `${who}@surabaya`;
  const host = address.endsWith("@jakarta") ? jakartaHost : undefined;
  return server.command(line, { token: tokens.get(address), host });
}

let made = 0;
/** Creates a group owned by budi. @returns its name */
async function group(mode: "open" | "private" = "open"): Promise<string> {
  const name = `grup${++made}`;
  expect((await as("budi", `creategroup mode=${mode} ${name}`)).status).toBe(200);
  return name;
}
const errorOf = (reply: Reply) => [reply.status, reply.headers["error-code"]];
const members = async (who: string, name: string) =>
  ((await as(who, `members ${name}`)).json.data as { user: string; role: string }[]).map(
    ({ user, role }) => `${role} ${user}`,
  );
const groupsOf = async (who: string) =>
  ((await as(who, "groups")).json.data as { group: string; role: string }[]).map(
    ({ group, role }) => `${role} ${group}`,
  );

describe("an open group", () => {
  test("is owned by its creator, and users of both realms can join and leave it", async () => {
    const name = await group();
    expect(await members("budi", name)).toEqual(["owner budi@surabaya"]);
    expect(await groupsOf("budi")).toContain(`owner ${name}@surabaya`);
    expect((await as("ani", `joingroup ${name}`)).json.data).toBe(`Anda anggota group ${name}@surabaya`);
    expect((await as("dewi@jakarta", `joingroup ${name}@surabaya`)).status).toBe(200);
    expect(await members("tono", name)).toEqual(["owner budi@surabaya", "member ani@surabaya", "member dewi@jakarta"]);
    expect(await groupsOf("dewi@jakarta")).toContain(`member ${name}@surabaya`);
    expect((await as("dewi@jakarta", `leavegroup ${name}@surabaya`)).status).toBe(200);
    expect(await groupsOf("dewi@jakarta")).not.toContain(`member ${name}@surabaya`);
    expect(await members("budi", name)).toEqual(["owner budi@surabaya", "member ani@surabaya"]);
  });

  test("ignores a second join and rejects a second leave", async () => {
    const name = await group();
    for (let n = 0; n < 2; n++) expect((await as("ani", `joingroup ${name}`)).status).toBe(200);
    expect(await members("ani", name)).toEqual(["owner budi@surabaya", "member ani@surabaya"]);
    expect((await as("ani", `leavegroup ${name}`)).status).toBe(200);
    expect(errorOf(await as("ani", `leavegroup ${name}`))).toEqual([404, "no-such-member"]);
  });

  test.each([["ani"], ["ani@jakarta"]])("makes the sender %s a member", async (who) => {
    const name = await group();
    expect((await as(who, `sendgroup ${name}@surabaya halo`)).headers["delivery-state"]).toBe("delivered");
    const address = who.includes("@") ? who : `${who}@surabaya`;
    await expect.poll(() => members("budi", name)).toEqual(["owner budi@surabaya", `member ${address}`]);
    await expect.poll(() => groupsOf(who)).toContain(`member ${name}@surabaya`);
  });

  test("can be read and listed by every logged-in user", async () => {
    const name = await group();
    await as("budi", `sendgroup ${name} halo`);
    expect((await as("tono@jakarta", `inboxgroup ${name}@surabaya`)).json.data).toMatchObject([
      { id: 1, text: "halo" },
    ]);
    expect(await members("tono@jakarta", `${name}@surabaya`)).toEqual(["owner budi@surabaya"]);
    expect(await groupsOf("tono@jakarta")).not.toContain(`member ${name}@surabaya`);
  });

  test("passes to its longest member when the owner leaves, and to the next joiner when all have left", async () => {
    const name = await group();
    await as("dewi@jakarta", `joingroup ${name}@surabaya`);
    await as("ani", `joingroup ${name}`);
    await as("budi", `leavegroup ${name}`);
    expect(await members("tono", name)).toEqual(["owner dewi@jakarta", "member ani@surabaya"]);
    await expect.poll(() => groupsOf("dewi@jakarta")).toContain(`owner ${name}@surabaya`);
    expect(JSON.stringify((await as("dewi@jakarta", "inbox")).json.data)).toContain(`pemilik group ${name}@surabaya`);
    for (const who of ["ani", "dewi@jakarta"]) await as(who, `leavegroup ${name}@surabaya`);
    expect(await members("tono", name)).toEqual([]);
    await as("tono", `joingroup ${name}`);
    expect(await members("tono", name)).toEqual(["owner tono@surabaya"]);
    expect(await groupsOf("tono")).toContain(`owner ${name}@surabaya`);
  });
});

describe("a private group", () => {
  test.each([["ani"], ["ani@jakarta"]])("looks nonexistent to the non-member %s", async (who) => {
    const name = await group("private");
    const lines = (group: string) => [
      `inboxgroup ${group}@surabaya`,
      `sendgroup ${group}@surabaya halo`,
      `members ${group}@surabaya`,
      `joingroup ${group}@surabaya`,
      `leavegroup ${group}@surabaya`,
      `invite ${group}@surabaya wati@surabaya`,
      `kick ${group}@surabaya budi@surabaya`,
      `read kind=group ${group}@surabaya 1`,
    ];
    const seen = async (group: string) => {
      const replies: [number, unknown][] = [];
      for (const line of lines(group)) {
        const { status, text, headers } = await as(who, line);
        replies.push([status, [headers["error-code"], text.replaceAll(group, "GROUP")]]);
      }
      return replies;
    };
    const hidden = await seen(name);
    expect(hidden).toEqual(await seen("tidak-ada"));
    expect(new Set(hidden.map(([status]) => status))).toEqual(new Set([404]));
    expect(await groupsOf(who)).toEqual(expect.not.arrayContaining([expect.stringContaining(name)]));
  });

  test.each([["dewi"], ["dewi@jakarta"]])("can be joined, read and written by the invited %s", async (who) => {
    const name = await group("private");
    const address = who.includes("@") ? who : `${who}@surabaya`;
    const group_ = `${name}@surabaya`;
    expect((await as("budi", `invite ${name} ${address}`)).json.data).toBe(`${address} diundang ke group ${group_}`);
    expect((await as("budi", `invite ${name} ${address}`)).json.data).toBe(
      `${address} sudah diundang atau sudah anggota`,
    );
    const inbox = (await as(who, "inbox last=1")).json.data as { from: string; text: string }[];
    expect(inbox[0]).toMatchObject({ from: `sistem@${address.split("@")[1]}` });
    expect(inbox[0]?.text).toContain(`joingroup ${group_}`);
    expect(await groupsOf(who)).toContain(`invited ${group_}`);
    expect(errorOf(await as(who, `inboxgroup ${group_}`))).toEqual([404, "no-such-group"]);
    expect((await as(who, `joingroup ${group_}`)).status).toBe(200);
    expect((await as(who, `sendgroup ${group_} halo`)).status).toBe(200);
    expect((await as("budi", `inboxgroup ${name}`)).json.data).toMatchObject([{ from: address, text: "halo" }]);
    expect((await as(who, `inboxgroup ${group_}`)).json.data).toMatchObject([{ from: address, text: "halo" }]);
    expect(await members(who, group_)).toEqual(["owner budi@surabaya", `member ${address}`]);
  });

  test.each([["tono"], ["tono@jakarta"]])("rejects %s after the owner removes them", async (who) => {
    const name = await group("private");
    const address = who.includes("@") ? who : `${who}@surabaya`;
    await as("budi", `invite ${name} ${address}`);
    await as(who, `joingroup ${name}@surabaya`);
    expect((await as("budi", `kick ${name} ${address}`)).status).toBe(200);
    expect(errorOf(await as(who, `inboxgroup ${name}@surabaya`))).toEqual([404, "no-such-group"]);
    await expect.poll(() => groupsOf(who)).not.toContain(`member ${name}@surabaya`);
    expect(errorOf(await as(who, `sendgroup ${name}@surabaya halo`))).toEqual([404, "no-such-group"]);
    expect(JSON.stringify((await as(who, "inbox last=1")).json.data)).toContain(`mengeluarkan Anda dari group ${name}`);
  });

  test("is deleted with its messages when the last member leaves, and its name becomes free", async () => {
    const name = await group("private");
    await as("budi", `sendgroup ${name} rahasia`);
    expect(errorOf(await as("ani", `creategroup ${name}`))).toEqual([409, "group-exists"]);
    await as("budi", `leavegroup ${name}`);
    expect((await as("ani", `creategroup ${name}`)).status).toBe(200);
    expect((await as("ani", `inboxgroup ${name}`)).json.data).toEqual([]);
    await expect
      .poll(() => server.sql(name, "select 1 from messages where text = 'rahasia'"), { timeout: 5_000 })
      .toEqual([]);
  });

  test("lets an invited user decline by leaving before joining", async () => {
    const name = await group("private");
    await as("budi", `invite ${name} wati`);
    expect((await as("wati", `leavegroup ${name}`)).status).toBe(200);
    expect(await groupsOf("wati")).not.toContain(`invited ${name}@surabaya`);
    expect(errorOf(await as("wati", `joingroup ${name}`))).toEqual([404, "no-such-group"]);
  });
});

describe("group permissions and limits", () => {
  test("only the owner removes members, including those of another realm", async () => {
    const name = await group();
    for (const who of ["ani", "ani@jakarta"]) await as(who, `joingroup ${name}@surabaya`);
    for (const who of ["ani", "ani@jakarta", "tono"]) {
      expect(errorOf(await as(who, `kick ${name}@surabaya budi@surabaya`))).toEqual([403, "owner-only"]);
    }
    expect(errorOf(await as("budi", `kick ${name} wati`))).toEqual([404, "no-such-member"]);
    expect((await as("budi", `kick ${name} ani@jakarta`)).status).toBe(200);
    await expect.poll(() => groupsOf("ani@jakarta")).not.toContain(`member ${name}@surabaya`);
    expect(await members("budi", name)).toEqual(["owner budi@surabaya", "member ani@surabaya"]);
  });

  test("only members invite, and only users who exist", async () => {
    const name = await group();
    expect(errorOf(await as("tono", `invite ${name} ani`))).toEqual([403, "members-only"]);
    for (const unknownAddress of ["siapa", "siapa@jakarta"]) {
      expect(errorOf(await as("budi", `invite ${name} ${unknownAddress}`))).toEqual([404, "no-such-user"]);
    }
    expect(errorOf(await as("budi", `invite ${name} ani@bandung`))).toEqual([404, "no-such-realm"]);
    expect(await members("budi", name)).toEqual(["owner budi@surabaya"]);
  });

  test("unknown groups and realms get 404", async () => {
    for (const line of ["joingroup x", "leavegroup x", "members x", "invite x ani", "kick x ani"]) {
      expect(errorOf(await as("budi", line)), line).toEqual([404, "no-such-group"]);
      const away = line.replace(" x", " x@bandung");
      expect(errorOf(await as("budi", away)), away).toEqual([404, "no-such-realm"]);
    }
  });

  test("a full group accepts no member, and an account in too many groups cannot join or create one", async () => {
    const name = await group();
    const count = (members: number) => `update groups set member_count = ${members}
      where id = (select id from message_logs where kind = 'group' and name = '${name}')`;
    await server.sql(name, count(limits.membersPerGroup));
    expect(errorOf(await as("ani", `joingroup ${name}`))).toEqual([409, "group-full"]);
    expect(errorOf(await as("budi", `invite ${name} ani`))).toEqual([409, "group-full"]);
    // A full group still accepts messages of non-members.
    expect((await as("wati", `sendgroup ${name} halo`)).status).toBe(200);
    await server.sql(name, count(1));
    const [token = ""] = await server.seedAccounts(["banyak"]);
    await server.sql(
      "banyak",
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${limits.groupsPerAccount})
       insert into memberships (account_id, group_address, role, version) select message_logs.id, 'g' || i || '@surabaya', 'member', 0 from n, message_logs
       where kind = 'mailbox' and name = 'banyak'`,
    );
    for (const line of [`joingroup ${name}`, "creategroup satulagi"]) {
      expect(errorOf(await server.command(line, { token }))).toEqual([409, "too-many-groups"]);
    }
  });
});

test("100 users who join and leave at once leave the group unchanged", async () => {
  const name = await group();
  const manyNames = Array.from({ length: 100 }, (_, n) => `banyak${n}`);
  const accountTokens = await server.seedAccounts(manyNames);
  const all = (line: string) => Promise.all(accountTokens.map((token) => server.command(line, { token })));
  expect(new Set((await all(`joingroup ${name}`)).map(({ status }) => status))).toEqual(new Set([200]));
  expect(await members("budi", name)).toHaveLength(101);
  await all(`leavegroup ${name}`);
  expect(await members("budi", name)).toEqual(["owner budi@surabaya"]);
  const [row] = await server.sql<{ members: number }>(
    name,
    `select member_count members from groups join message_logs on message_logs.id = groups.id where name = '${name}'`,
  );
  expect(row?.members).toBe(1);
});
