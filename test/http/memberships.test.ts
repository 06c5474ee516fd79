import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { openLive } from "../support/live-socket.ts";
import { startLongPoll } from "../support/long-poll.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
let count = 0;
const nextAccount = (realm?: string) => newAccount(server, `warga${++count}`, realm);
type Group = { group: string; role: string; read: number; unread: number };
const groupsOf = async (who: Pick<NewAccount, "command">) => (await who.command("groups")).json.data as Group[];

test.each([["surabaya"], ["jakarta"]])(
  "a member of %s who is removed during a long poll does not receive the next message",
  async (realm) => {
    const [owner, member] = [await nextAccount(), await nextAccount(realm)];
    const group = `tunggu${count}`;
    await owner.command(`creategroup mode=private ${group}`);
    await owner.command(`invite ${group} ${member.address}`);
    await member.command(`joingroup ${group}@surabaya`);
    const { answer: waiting } = await startLongPoll(member.command, `inboxgroup wait=2 ${group}@surabaya`);
    await owner.command(`kick ${group} ${member.address}`);
    await owner.command(`sendgroup ${group} rahasia`);
    expect((await waiting).text).not.toContain("rahasia");
    expect((await member.command(`inboxgroup ${group}@surabaya`)).headers["error-code"]).toBe("no-such-group");
  },
);

test("a long poll on a deleted group returns no message of a mailbox or group created later", async () => {
  const owner = await nextAccount();
  const group = `hilang${count}`;
  await owner.command(`creategroup mode=private ${group}`);
  const { answer: waiting } = await startLongPoll(owner.command, `inboxgroup wait=3 ${group}`);
  await owner.command(`leavegroup ${group}`);
  const next = await nextAccount();
  await owner.command(`sendprivate ${next.name} untuk ${next.name} saja`);
  expect((await waiting).text).not.toContain("saja");
});

test("messages to a deleted group stay in their senders' sent log", async () => {
  const owner = await nextAccount();
  const group = `bubar${count}`;
  await owner.command(`creategroup mode=private ${group}`);
  await owner.command(`sendgroup key=k ${group} kata-kata`);
  await owner.command(`leavegroup ${group}`);
  await expect.poll(() => server.sql(group, "select id from messages where text = 'kata-kata'")).toEqual([]);
  expect((await owner.command("sent")).json.data).toMatchObject([{ id: 1, text: "kata-kata", state: "delivered" }]);
  expect((await owner.command("status k")).json.data).toMatchObject({ id: 1, text: "kata-kata" });
});

test("an owner who removes themselves leaves, and another member becomes the owner", async () => {
  const [owner, member] = [await nextAccount(), await nextAccount()];
  const group = `sendiri${count}`;
  await owner.command(`creategroup ${group}`);
  await member.command(`joingroup ${group}`);
  expect((await owner.command(`kick ${group} ${owner.address}`)).status).toBe(200);
  await expect.poll(() => groupsOf(owner)).toEqual([]);
  expect(await groupsOf(member)).toMatchObject([{ role: "owner" }]);
});

test("a removed member receives no later message, even if both are stored in one transaction", async () => {
  const [owner, member] = [await nextAccount(), await nextAccount()];
  const group = `bersama${count}`;
  await owner.command(`creategroup mode=private ${group}`);
  await owner.command(`invite ${group} ${member.address}`);
  await member.command(`joingroup ${group}`);
  const [ownerSocket, memberSocket] = [
    await openLive(server.url, owner.token),
    await openLive(server.url, member.token),
  ];
  for (let n = 0; n < 10; n++) {
    ownerSocket.send(`kick ${group} ${member.address}`);
    ownerSocket.send(`sendgroup ${group} rahasia ${n}`);
    await expect.poll(() => ownerSocket.replies().length).toBe(2 * n + 2);
    await owner.command(`invite ${group} ${member.address}`);
    await member.command(`joingroup ${group}`);
  }
  await owner.command(`sendgroup ${group} selesai`);
  await expect
    .poll(() => memberSocket.events("group-message").some(({ data }) => (data as { text: string }).text === "selesai"))
    .toBe(true);
  expect(memberSocket.events("group-message")).toHaveLength(1);
  ownerSocket.close();
  memberSocket.close();
});

test("a group recreated under an old name is unread from its start", async () => {
  const [owner, member] = [await nextAccount(), await nextAccount()];
  const group = `ulang${count}`;
  const createAndJoin = async () => {
    await owner.command(`creategroup mode=private ${group}`);
    await owner.command(`invite ${group} ${member.address}`);
    await member.command(`joingroup ${group}`);
  };
  await createAndJoin();
  for (let n = 1; n <= 5; n++) await owner.command(`sendgroup ${group} pesan ${n}`);
  await member.command(`read kind=group ${group} 5`);
  for (const who of [member, owner]) await who.command(`leavegroup ${group}`);
  await createAndJoin();
  await owner.command(`sendgroup ${group} lagi`);
  expect(await groupsOf(member)).toMatchObject([{ group: `${group}@surabaya`, read: 0, unread: 1 }]);
});

test("invitations do not count towards the limit of groups, and joins do", async () => {
  const [owner, guest] = [await nextAccount(), await nextAccount()];
  const group = `undang${count}`;
  await owner.command(`creategroup ${group}`);
  const fill = (role: string) =>
    server.sql(
      guest.name,
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${limits.groupsPerAccount})
       insert or replace into memberships (account_id, group_address, role, version) select message_logs.id, 'g' || i || '@surabaya', '${role}', 0 from n, message_logs
       where kind = 'mailbox' and name = '${guest.name}'`,
    );
  await fill("invited");
  await owner.command(`invite ${group} ${guest.address}`);
  expect((await groupsOf(guest)).length).toBeLessThanOrEqual(limits.groupsPerAccount);
  expect((await guest.command(`joingroup ${group}`)).status).toBe(200);
  await guest.command(`leavegroup ${group}`);
  await fill("member");
  await owner.command(`invite ${group} ${guest.address}`);
  expect((await guest.command(`joingroup ${group}`)).headers["error-code"]).toBe("too-many-groups");
  expect((await guest.command(`sendgroup ${group} halo`)).status).toBe(200);
  expect((await groupsOf(guest)).filter(({ role }) => role === "member")).toHaveLength(limits.groupsPerAccount);
});

test("an invitation survives a failed attempt to create a group of the same name", async () => {
  const [owner, guest] = [await nextAccount(), await nextAccount()];
  const group = `tetap${count}`;
  await owner.command(`creategroup mode=private ${group}`);
  await owner.command(`invite ${group} ${guest.address}`);
  expect((await guest.command(`creategroup ${group}`)).status).toBe(409);
  expect(await groupsOf(guest)).toMatchObject([{ role: "invited" }]);
});

test.each([["surabaya"], ["jakarta"]])(
  "an invited user of %s who sends to an open group becomes a member",
  async (realm) => {
    const [owner, guest] = [await nextAccount(), await nextAccount(realm)];
    const group = `buka${count}`;
    await owner.command(`creategroup ${group}`);
    await owner.command(`invite ${group} ${guest.address}`);
    expect((await guest.command(`sendgroup ${group}@surabaya halo`)).status).toBe(200);
    await expect.poll(() => groupsOf(guest)).toMatchObject([{ role: "member" }]);
  },
);
