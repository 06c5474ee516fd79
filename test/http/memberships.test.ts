import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { openLive } from "../support/live.ts";
import { type Newcomer, newcomer } from "../support/new-account.ts";
import { openPoll } from "../support/open-poll.ts";
import { useServer } from "../support/realm.ts";

const server = useServer();
let count = 0;
const somebody = (realm?: string) => newcomer(server, `warga${++count}`, realm);
type Group = { group: string; role: string; read: number; unread: number };
const groupsOf = async (who: Pick<Newcomer, "say">) => (await who.say("groups")).json.data as Group[];

test.each([["surabaya"], ["jakarta"]])(
  "Whoever of %s is removed from a private group while they wait for its next message does not get it.",
  async (realm) => {
    const [owner, member] = [await somebody(), await somebody(realm)];
    const group = `tunggu${count}`;
    await owner.say(`creategroup mode=private ${group}`);
    await owner.say(`invite ${group} ${member.address}`);
    await member.say(`joingroup ${group}@surabaya`);
    const { answer: waiting } = await openPoll(member.say, `inboxgroup wait=2 ${group}@surabaya`);
    await owner.say(`kick ${group} ${member.address}`);
    await owner.say(`sendgroup ${group} rahasia`);
    expect((await waiting).text).not.toContain("rahasia");
    expect((await member.say(`inboxgroup ${group}@surabaya`)).headers["error-code"]).toBe("no-such-group");
  },
);

test("The number of a group that is gone is never another's: who waits for its messages gets nobody's.", async () => {
  const owner = await somebody();
  const group = `hilang${count}`;
  await owner.say(`creategroup mode=private ${group}`);
  const { answer: waiting } = await openPoll(owner.say, `inboxgroup wait=3 ${group}`);
  await owner.say(`leavegroup ${group}`);
  const next = await somebody();
  await owner.say(`sendprivate ${next.name} untuk ${next.name} saja`);
  expect((await waiting).text).not.toContain("saja");
});

test("What was said in a group that is gone stays with whoever said it.", async () => {
  const owner = await somebody();
  const group = `bubar${count}`;
  await owner.say(`creategroup mode=private ${group}`);
  await owner.say(`sendgroup key=k ${group} kata-kata`);
  await owner.say(`leavegroup ${group}`);
  await expect.poll(() => server.sql(group, "select id from messages where text = 'kata-kata'")).toEqual([]);
  expect((await owner.say("sent")).json.data).toMatchObject([{ id: 1, text: "kata-kata", state: "delivered" }]);
  expect((await owner.say("status k")).json.data).toMatchObject({ id: 1, text: "kata-kata" });
});

test("An owner who removes themselves is out, and another owns the group.", async () => {
  const [owner, member] = [await somebody(), await somebody()];
  const group = `sendiri${count}`;
  await owner.say(`creategroup ${group}`);
  await member.say(`joingroup ${group}`);
  expect((await owner.say(`kick ${group} ${owner.address}`)).status).toBe(200);
  await expect.poll(() => groupsOf(owner)).toEqual([]);
  expect(await groupsOf(member)).toMatchObject([{ role: "owner" }]);
});

test("Who is removed hears nothing that was said after it, also where both are stored together.", async () => {
  const [owner, member] = [await somebody(), await somebody()];
  const group = `bersama${count}`;
  await owner.say(`creategroup mode=private ${group}`);
  await owner.say(`invite ${group} ${member.address}`);
  await member.say(`joingroup ${group}`);
  const [commands, ears] = [await openLive(server.url, owner.token), await openLive(server.url, member.token)];
  for (let n = 0; n < 10; n++) {
    commands.send(`kick ${group} ${member.address}`);
    commands.send(`sendgroup ${group} rahasia ${n}`);
    await expect.poll(() => commands.replies().length).toBe(2 * n + 2);
    await owner.say(`invite ${group} ${member.address}`);
    await member.say(`joingroup ${group}`);
  }
  await owner.say(`sendgroup ${group} selesai`);
  await expect
    .poll(() => ears.events("group-message").some(({ data }) => (data as { text: string }).text === "selesai"))
    .toBe(true);
  expect(ears.events("group-message")).toHaveLength(1);
  commands.close();
  ears.close();
});

test("A group that was made anew under an old name is unread from its start.", async () => {
  const [owner, member] = [await somebody(), await somebody()];
  const group = `ulang${count}`;
  const meet = async () => {
    await owner.say(`creategroup mode=private ${group}`);
    await owner.say(`invite ${group} ${member.address}`);
    await member.say(`joingroup ${group}`);
  };
  await meet();
  for (let n = 1; n <= 5; n++) await owner.say(`sendgroup ${group} pesan ${n}`);
  await member.say(`read kind=group ${group} 5`);
  for (const who of [member, owner]) await who.say(`leavegroup ${group}`);
  await meet();
  await owner.say(`sendgroup ${group} lagi`);
  expect(await groupsOf(member)).toMatchObject([{ group: `${group}@surabaya`, read: 0, unread: 1 }]);
});

test("Invitations keep nobody from joining what they like, and joining them has the same limit.", async () => {
  const [owner, guest] = [await somebody(), await somebody()];
  const group = `undang${count}`;
  await owner.say(`creategroup ${group}`);
  const fill = (role: string) =>
    server.sql(
      guest.name,
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${limits.groupsPerAccount})
       insert or replace into memberships (account, "group", role) select logs.id, 'g' || i || '@surabaya', '${role}' from n, logs
       where kind = 'mailbox' and name = '${guest.name}'`,
    );
  await fill("invited");
  await owner.say(`invite ${group} ${guest.address}`);
  expect((await groupsOf(guest)).length).toBeLessThanOrEqual(limits.groupsPerAccount);
  expect((await guest.say(`joingroup ${group}`)).status).toBe(200);
  await guest.say(`leavegroup ${group}`);
  await fill("member");
  await owner.say(`invite ${group} ${guest.address}`);
  expect((await guest.say(`joingroup ${group}`)).headers["error-code"]).toBe("too-many-groups");
  expect((await guest.say(`sendgroup ${group} halo`)).status).toBe(200);
  expect((await groupsOf(guest)).filter(({ role }) => role === "member")).toHaveLength(limits.groupsPerAccount);
});

test("An invitation outlives the attempt to make a group of the same name.", async () => {
  const [owner, guest] = [await somebody(), await somebody()];
  const group = `tetap${count}`;
  await owner.say(`creategroup mode=private ${group}`);
  await owner.say(`invite ${group} ${guest.address}`);
  expect((await guest.say(`creategroup ${group}`)).status).toBe(409);
  expect(await groupsOf(guest)).toMatchObject([{ role: "invited" }]);
});

test.each([["surabaya"], ["jakarta"]])(
  "An invited one of %s who sends to an open group is a member.",
  async (realm) => {
    const [owner, guest] = [await somebody(), await somebody(realm)];
    const group = `buka${count}`;
    await owner.say(`creategroup ${group}`);
    await owner.say(`invite ${group} ${guest.address}`);
    expect((await guest.say(`sendgroup ${group}@surabaya halo`)).status).toBe(200);
    await expect.poll(() => groupsOf(guest)).toMatchObject([{ role: "member" }]);
  },
);
