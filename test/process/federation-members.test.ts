import { beforeAll, expect, test } from "vitest";
import { useTwoDeployments } from "../support/deployments.ts";
import { openLive } from "../support/live.ts";

const { surabaya, jakarta } = useTwoDeployments();
let budi: string;
let sari: string;
let ani: string;

beforeAll(async () => {
  [budi, sari, ani] = await Promise.all([surabaya.person("budi"), surabaya.person("sari"), jakarta.person("ani")]);
});

type Row = { id: number; from: string; text: string };
const read = (token: string, line: string) => surabaya.data<Row[]>(line, { token });

test("A copy of a group elsewhere has its past, its numbers and its order, and is read while the group's realm is away.", async () => {
  await jakarta.data("creategroup tim", { token: ani });
  for (let n = 1; n <= 120; n++) await jakarta.data(`sendgroup tim pesan ${n}`, { token: ani });
  await surabaya.data("joingroup tim@jakarta", { token: budi });
  // From before the copy is whole to after it, a reader sees the same.
  for (const line of ["inboxgroup tim@jakarta", "inboxgroup last=50 tim@jakarta"]) {
    expect(await read(budi, line)).toEqual(await jakarta.data(line.replace("@jakarta", ""), { token: ani }));
  }
  await expect
    .poll(async () => (await surabaya.data<{ newest: number }[]>("groups", { token: budi }))[0]?.newest)
    .toBe(120);
  await surabaya.data("sendgroup tim@jakarta dari Surabaya", { token: budi });
  const whole = await read(budi, "inboxgroup tim@jakarta");
  expect(whole.map(({ id }) => id)).toEqual(Array.from({ length: 121 }, (_, n) => n + 1));

  // What the copy has not got yet, only the group's own realm can show.
  await expect
    .poll(async () => (await surabaya.data<{ newest: number }[]>("groups", { token: budi }))[0]?.newest)
    .toBe(121);

  await jakarta.server.kill();
  expect(await read(budi, "inboxgroup tim@jakarta")).toEqual(whole);
  expect(await read(budi, "inboxgroup after=119 limit=1 tim@jakarta")).toMatchObject([{ id: 120, text: "pesan 120" }]);
  // Who is no member has no copy to read.
  const stranger = await surabaya.server.command("inboxgroup tim@jakarta", { token: sari });
  expect([stranger.status, stranger.headers["error-code"]]).toEqual([503, "realm-away"]);
  const members = await surabaya.server.command("members tim@jakarta", { token: budi });
  expect([members.status, members.headers["error-code"]]).toEqual([503, "realm-away"]);

  await jakarta.server.start();
  expect(await jakarta.data("inboxgroup tim", { token: ani })).toEqual(whole);
});

test("Whoever has sent to a group elsewhere finds the message there at once.", async () => {
  await jakarta.data("creategroup cepat", { token: ani });
  await surabaya.data("joingroup cepat@jakarta", { token: budi });
  for (let n = 1; n <= 20; n++) {
    await surabaya.data(`sendgroup cepat@jakarta pesan ${n}`, { token: budi });
    expect((await read(budi, "inboxgroup cepat@jakarta")).at(-1)).toMatchObject({ id: n, text: `pesan ${n}` });
  }
});

test("Live, a message reaches the members of both realms, and what was missed while a realm was down comes after.", async () => {
  await surabaya.data("creategroup ramai", { token: budi });
  await surabaya.data("joingroup ramai", { token: sari });
  await jakarta.data("joingroup ramai@surabaya", { token: ani });
  const [near, far] = await Promise.all([openLive(surabaya.server.url, sari), openLive(jakarta.server.url, ani)]);
  await surabaya.data("sendgroup ramai dari Surabaya", { token: budi });
  await jakarta.data("sendgroup ramai@surabaya dari Jakarta", { token: ani });
  const heard = [
    { group: "ramai@surabaya", id: 1, from: "budi@surabaya", text: "dari Surabaya" },
    { group: "ramai@surabaya", id: 2, from: "ani@jakarta", text: "dari Jakarta" },
  ];
  for (const live of [near, far]) {
    await expect
      .poll(() => live.events("group-message").map(({ data }) => data), { timeout: 5_000 })
      .toMatchObject(heard);
  }
  near.close();

  await jakarta.server.kill();
  for (let n = 3; n <= 60; n++) await surabaya.data(`sendgroup ramai pesan ${n}`, { token: budi });
  await jakarta.server.start();
  const again = await openLive(jakarta.server.url, ani);
  // The realm shows that it is there by speaking; otherwise it is found at the next try.
  await jakarta.data("sendgroup ramai@surabaya kembali", { token: ani });
  await expect
    .poll(async () => (await jakarta.data<Row[]>("inboxgroup ramai@surabaya", { token: ani })).map(({ id }) => id), {
      timeout: 10_000,
    })
    .toEqual(Array.from({ length: 61 }, (_, n) => n + 1));
  await expect
    .poll(() => new Set(again.events("group-message").map(({ data }) => (data as Row).id)).size, { timeout: 10_000 })
    .toBeGreaterThan(0);
  again.close();
});

test("A copy goes when the last member of its realm leaves or is removed, and comes back whole.", async () => {
  await jakarta.data("creategroup mode=private rahasia", { token: ani });
  await jakarta.data("sendgroup rahasia sebelum", { token: ani });
  for (const [token, name] of [
    [budi, "budi"],
    [sari, "sari"],
  ] as const) {
    await jakarta.data(`invite rahasia ${name}@surabaya`, { token: ani });
    await surabaya.data("joingroup rahasia@jakarta", { token });
  }
  await expect.poll(async () => (await read(budi, "inboxgroup rahasia@jakarta")).length).toBe(1);
  await surabaya.data("leavegroup rahasia@jakarta", { token: sari });
  const left = await surabaya.server.command("inboxgroup rahasia@jakarta", { token: sari });
  expect(left.headers["error-code"]).toBe("no-such-group");
  await jakarta.data("kick rahasia budi@surabaya", { token: ani });
  await expect
    .poll(async () => (await surabaya.server.command("inboxgroup rahasia@jakarta", { token: budi })).status)
    .toBe(404);
  await jakarta.data("sendgroup rahasia sesudah", { token: ani });
  await jakarta.data("invite rahasia budi@surabaya", { token: ani });
  await surabaya.data("joingroup rahasia@jakarta", { token: budi });
  expect((await read(budi, "inboxgroup rahasia@jakarta")).map(({ text }) => text)).toEqual(["sebelum", "sesudah"]);
});

test("Where a realm is away nobody joins; whoever leaves is out here at once, and out there when they say it again.", async () => {
  await jakarta.data("creategroup diam", { token: ani });
  await surabaya.data("joingroup diam@jakarta", { token: budi });
  await jakarta.server.kill();
  for (const [line, token] of [
    ["joingroup diam@jakarta", sari],
    ["leavegroup diam@jakarta", budi],
  ] as const) {
    const reply = await surabaya.server.command(line, { token });
    expect([reply.status, reply.headers["error-code"]], line).toEqual([503, "realm-away"]);
  }
  const groups = async (token: string) =>
    (await surabaya.data<{ group: string }[]>("groups", { token })).map(({ group }) => group);
  expect(await groups(budi)).not.toContain("diam@jakarta");
  expect(await groups(sari)).not.toContain("diam@jakarta");
  await jakarta.server.start();
  await surabaya.data("joingroup diam@jakarta", { token: sari });
  await surabaya.data("leavegroup diam@jakarta", { token: budi });
  expect(await jakarta.data<{ user: string }[]>("members diam", { token: ani })).toMatchObject([
    { user: "ani@jakarta", role: "owner" },
    { user: "sari@surabaya", role: "member" },
  ]);
});
