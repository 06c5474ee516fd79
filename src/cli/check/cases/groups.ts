import { type CheckCase, casesOf } from "../check-case.ts";
import { type CheckRun, type Member, until } from "../check-run.ts";
import { expectEqual, expectError, expectThat, okData, okRows } from "../expectations.ts";

export const groupCases: CheckCase[] = [
  ...casesOf("Group membership", {}, [
    [
      "group.owner",
      "the creator of a group is its owner and first member",
      async (check) => {
        const { budi, address, group } = await open(check);
        expectEqual(await rolesIn(budi, group), [[budi.address, "owner"]], "members");
        const row = okRows(await budi.command("groups")).find((each) => each.group === address);
        expectEqual([row?.role, row?.newest, row?.unread], ["owner", 0, 0], "row of groups");
      },
    ],
    [
      "group.send-joins",
      "sending to an open group makes the sender a member",
      async (check) => {
        const { budi, group } = await open(check);
        const ani = await check.ani;
        okData(await ani.command(`sendgroup ${group} hai`));
        // In another shard or realm it happens after the delivery, and the send does not wait for it.
        const joined = await until(async () => (await rolesIn(budi, group))[1], "the membership");
        expectEqual(joined, [ani.address, "member"], "the second member");
      },
    ],
    [
      "group.read-open",
      "an account that is no member reads an open group from its first message on",
      async (check) => {
        const { budi, group } = await open(check);
        for (const text of ["satu", "dua"]) okData(await budi.command(`sendgroup ${group} ${text}`));
        const rows = okRows(await (await check.citra).command(`inboxgroup ${group}`));
        expectEqual(
          rows.map(({ id, from, text }) => [id, from, text]),
          [
            [1, budi.address, "satu"],
            [2, budi.address, "dua"],
          ],
          "rows",
        );
      },
    ],
    [
      "group.join-leave",
      "an account joins and leaves an open group; a member stays a member",
      async (check) => {
        const { budi, group } = await open(check);
        const ani = await check.ani;
        okData(await ani.command(`joingroup ${group}`));
        okData(await ani.command(`joingroup ${group}`));
        expectEqual((await rolesIn(budi, group)).length, 2, "number of members");
        okData(await ani.command(`leavegroup ${group}`));
        expectError(await ani.command(`leavegroup ${group}`), "no-such-member");
      },
    ],
    [
      "group.ownership",
      "if the owner leaves, the member who joined first becomes the owner and gets a notice",
      async (check) => {
        const { budi, group } = await open(check);
        const ani = await check.ani;
        okData(await ani.command(`joingroup ${group}`));
        okData(await budi.command(`leavegroup ${group}`));
        expectEqual(await rolesIn(ani, group), [[ani.address, "owner"]], "members");
        const notice = await noticeAbout(ani, group);
        expectThat(String(notice.from).startsWith("sistem@"), "the sender of the notice");
      },
    ],
    [
      "group.kick",
      "the owner removes a member, who gets a notice and may come back to an open group",
      async (check) => {
        const { budi, group } = await open(check);
        const ani = await check.ani;
        okData(await ani.command(`joingroup ${group}`));
        okData(await budi.command(`kick ${group} ${ani.name}`));
        expectEqual(await rolesIn(budi, group), [[budi.address, "owner"]], "members");
        okData(await ani.command(`joingroup ${group}`));
      },
    ],
    [
      "error.owner-only",
      "kick by a member that is not the owner is answered owner-only",
      async (check) => {
        const { budi, group } = await open(check);
        const ani = await check.ani;
        okData(await ani.command(`joingroup ${group}`));
        expectError(await ani.command(`kick ${group} ${budi.name}`), "owner-only");
      },
    ],
    [
      "error.members-only",
      "an invitation to an open group by an account outside it is answered members-only",
      async (check) => {
        const { group } = await open(check);
        expectError(await (await check.citra).command(`invite ${group} ${(await check.ani).name}`), "members-only");
      },
    ],
    [
      "group.read-marker",
      "the read marker of a group counts the messages of others after it",
      async (check) => {
        const { budi, address, group } = await open(check);
        for (const text of ["1", "2", "3"]) okData(await (await check.ani).command(`sendgroup ${group} ${text}`));
        okData(await budi.command(`read kind=group ${group} 1`));
        const row = okRows(await budi.command("groups")).find((each) => each.group === address);
        expectEqual([row?.newest, row?.read, row?.unread], [3, 1, 2], "row of groups");
      },
    ],
    [
      "group.key",
      "a group message that is repeated with its key is stored once",
      async (check) => {
        const { budi, group } = await open(check);
        const line = `sendgroup key=${check.newName()} ${group} sekali`;
        for (let attempt = 0; attempt < 3; attempt++) okData(await budi.command(line));
        expectEqual(okRows(await budi.command(`inboxgroup ${group}`)).length, 1, "messages");
      },
    ],
    [
      "group.wait",
      "a waiting read of a group is answered as soon as a message arrives",
      async (check) => {
        const { budi, group } = await open(check);
        const waiting = budi.command(`inboxgroup wait=25 ${group}`);
        const [reply] = await Promise.all([waiting, (await check.ani).command(`sendgroup ${group} datang`)]);
        expectEqual(
          okRows(reply).map(({ text }) => text),
          ["datang"],
          "texts",
        );
      },
    ],
  ]),
  ...casesOf("Group membership", {}, [
    [
      "private.hidden",
      "every command that names a private group is answered no-such-group to an account outside it",
      async (check) => {
        const { group } = await open(check, "mode=private ");
        const citra = await check.citra;
        const lines = [
          `inboxgroup ${group}`,
          `members ${group}`,
          `joingroup ${group}`,
          `leavegroup ${group}`,
          `invite ${group} ${citra.name}`,
        ];
        lines.push(`kick ${group} ${citra.name}`, `read kind=group ${group} 1`, `sendgroup ${group} hai`);
        for (const line of lines) expectError(await citra.command(line), "no-such-group");
        expectError(await citra.command(`creategroup ${group}`), "group-exists");
      },
    ],
    [
      "private.invite",
      "an invited account joins a private group, and then reads and writes it",
      async (check) => {
        const { budi, group } = await open(check, "mode=private ");
        const ani = await check.ani;
        okData(await budi.command(`invite ${group} ${ani.name}`));
        expectEqual(
          await rolesIn(budi, group),
          [
            [budi.address, "owner"],
            [ani.address, "invited"],
          ],
          "members",
        );
        expectError(await ani.command(`inboxgroup ${group}`), "no-such-group");
        const notice = await noticeAbout(ani, group);
        expectThat(String(notice.text).includes(`joingroup ${group}`), "the notice names the command");
        okData(await ani.command(`joingroup ${group}`));
        okData(await ani.command(`sendgroup ${group} di dalam`));
        expectEqual(okRows(await budi.command(`inboxgroup ${group}`)).length, 1, "messages");
      },
    ],
    [
      "private.decline",
      "an invited account declines by leaving",
      async (check) => {
        const { budi, group } = await open(check, "mode=private ");
        const ani = await check.ani;
        okData(await budi.command(`invite ${group} ${ani.name}`));
        okData(await ani.command(`leavegroup ${group}`));
        expectError(await ani.command(`joingroup ${group}`), "no-such-group");
      },
    ],
    [
      "private.deleted",
      "a private group is deleted with its last member, and its name is free",
      async (check) => {
        const { budi, group } = await open(check, "mode=private ");
        okData(await budi.command(`sendgroup ${group} hai`));
        okData(await budi.command(`leavegroup ${group}`));
        expectError(await budi.command(`inboxgroup ${group}`), "no-such-group");
        okData(await (await check.ani).command(`creategroup ${group}`));
        expectEqual(okRows(await (await check.ani).command(`inboxgroup ${group}`)), [], "messages");
      },
    ],
  ]),
];

/** A new group of budi. */
async function open(check: CheckRun, mode = ""): Promise<{ budi: Member; group: string; address: string }> {
  const [budi, group] = [await check.budi, check.newName()];
  okData(await budi.command(`creategroup ${mode}${group}`));
  return { budi, group, address: `${group}${budi.address.slice(budi.address.indexOf("@"))}` };
}

/** A notice may arrive after the answer to the command that causes it. */
function noticeAbout(member: Member, group: string): Promise<Record<string, unknown>> {
  return until(async () => {
    const rows = okRows(await member.command("inbox last=5"));
    return rows.findLast(({ text }) => String(text).includes(group));
  }, "the notice");
}

async function rolesIn(member: Member, group: string): Promise<unknown[][]> {
  return okRows(await member.command(`members ${group}`)).map(({ user, role }) => [user, role]);
}
