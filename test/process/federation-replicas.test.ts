import { beforeAll, expect, test } from "vitest";
import { useTwoDeployments } from "../support/deployments.ts";
import { openLive } from "../support/live-socket.ts";

const { surabaya, jakarta } = useTwoDeployments();
let budi: string;
let sari: string;
let ani: string;

beforeAll(async () => {
  [budi, sari, ani] = await Promise.all([surabaya.signUp("budi"), surabaya.signUp("sari"), jakarta.signUp("ani")]);
});

type Row = { id: number; from: string; text: string };
const read = (token: string, line: string) => surabaya.okData<Row[]>(line, { token });

test("a replica has the history, ids and order of its group, and is readable while the group's realm is down", async () => {
  await jakarta.okData("creategroup tim", { token: ani });
  for (let n = 1; n <= 120; n++) await jakarta.okData(`sendgroup tim pesan ${n}`, { token: ani });
  await surabaya.okData("joingroup tim@jakarta", { token: budi });
  // A reader sees the same before and after the replica is complete.
  for (const line of ["inboxgroup tim@jakarta", "inboxgroup last=50 tim@jakarta"]) {
    expect(await read(budi, line)).toEqual(await jakarta.okData(line.replace("@jakarta", ""), { token: ani }));
  }
  await expect
    .poll(async () => (await surabaya.okData<{ newest: number }[]>("groups", { token: budi }))[0]?.newest)
    .toBe(120);
  await surabaya.okData("sendgroup tim@jakarta dari Surabaya", { token: budi });
  const whole = await read(budi, "inboxgroup tim@jakarta");
  expect(whole.map(({ id }) => id)).toEqual(Array.from({ length: 121 }, (_, n) => n + 1));

  // The replica must be complete before the group's own realm stops.
  await expect
    .poll(async () => (await surabaya.okData<{ newest: number }[]>("groups", { token: budi }))[0]?.newest)
    .toBe(121);

  await jakarta.server.kill();
  expect(await read(budi, "inboxgroup tim@jakarta")).toEqual(whole);
  expect(await read(budi, "inboxgroup after=119 limit=1 tim@jakarta")).toMatchObject([{ id: 120, text: "pesan 120" }]);
  // A user who is no member cannot read the replica.
  const refusal = await surabaya.server.command("inboxgroup tim@jakarta", { token: sari });
  expect([refusal.status, refusal.headers["error-code"]]).toEqual([503, "realm-away"]);
  const members = await surabaya.server.command("members tim@jakarta", { token: budi });
  expect([members.status, members.headers["error-code"]]).toEqual([503, "realm-away"]);

  await jakarta.server.start();
  expect(await jakarta.okData("inboxgroup tim", { token: ani })).toEqual(whole);
});

test("a sender to a group of another realm reads the message there at once", async () => {
  await jakarta.okData("creategroup cepat", { token: ani });
  await surabaya.okData("joingroup cepat@jakarta", { token: budi });
  for (let n = 1; n <= 20; n++) {
    await surabaya.okData(`sendgroup cepat@jakarta pesan ${n}`, { token: budi });
    expect((await read(budi, "inboxgroup cepat@jakarta")).at(-1)).toMatchObject({ id: n, text: `pesan ${n}` });
  }
});

test("live members of both realms receive each message, and messages missed while a realm was down arrive later", async () => {
  await surabaya.okData("creategroup ramai", { token: budi });
  await surabaya.okData("joingroup ramai", { token: sari });
  await jakarta.okData("joingroup ramai@surabaya", { token: ani });
  const [near, far] = await Promise.all([openLive(surabaya.server.url, sari), openLive(jakarta.server.url, ani)]);
  await surabaya.okData("sendgroup ramai dari Surabaya", { token: budi });
  await jakarta.okData("sendgroup ramai@surabaya dari Jakarta", { token: ani });
  const expectedMessages = [
    { group: "ramai@surabaya", id: 1, from: "budi@surabaya", text: "dari Surabaya" },
    { group: "ramai@surabaya", id: 2, from: "ani@jakarta", text: "dari Jakarta" },
  ];
  for (const live of [near, far]) {
    await expect
      .poll(() => live.events("group-message").map(({ data }) => data), { timeout: 5_000 })
      .toMatchObject(expectedMessages);
  }
  near.close();

  await jakarta.server.kill();
  for (let n = 3; n <= 60; n++) await surabaya.okData(`sendgroup ramai pesan ${n}`, { token: budi });
  await jakarta.server.start();
  const again = await openLive(jakarta.server.url, ani);
  // A request from the restarted realm ends the back-off; otherwise delivery waits for the next attempt.
  await jakarta.okData("sendgroup ramai@surabaya kembali", { token: ani });
  await expect
    .poll(async () => (await jakarta.okData<Row[]>("inboxgroup ramai@surabaya", { token: ani })).map(({ id }) => id), {
      timeout: 10_000,
    })
    .toEqual(Array.from({ length: 61 }, (_, n) => n + 1));
  await expect
    .poll(() => new Set(again.events("group-message").map(({ data }) => (data as Row).id)).size, { timeout: 10_000 })
    .toBeGreaterThan(0);
  again.close();
});

test("a replica is dropped when the last member of its realm leaves or is removed, and is complete after a rejoin", async () => {
  await jakarta.okData("creategroup mode=private rahasia", { token: ani });
  await jakarta.okData("sendgroup rahasia sebelum", { token: ani });
  for (const [token, name] of [
    [budi, "budi"],
    [sari, "sari"],
  ] as const) {
    await jakarta.okData(`invite rahasia ${name}@surabaya`, { token: ani });
    await surabaya.okData("joingroup rahasia@jakarta", { token });
  }
  await expect.poll(async () => (await read(budi, "inboxgroup rahasia@jakarta")).length).toBe(1);
  await surabaya.okData("leavegroup rahasia@jakarta", { token: sari });
  const left = await surabaya.server.command("inboxgroup rahasia@jakarta", { token: sari });
  expect(left.headers["error-code"]).toBe("no-such-group");
  await jakarta.okData("kick rahasia budi@surabaya", { token: ani });
  await expect
    .poll(async () => (await surabaya.server.command("inboxgroup rahasia@jakarta", { token: budi })).status)
    .toBe(404);
  await jakarta.okData("sendgroup rahasia sesudah", { token: ani });
  await jakarta.okData("invite rahasia budi@surabaya", { token: ani });
  await surabaya.okData("joingroup rahasia@jakarta", { token: budi });
  expect((await read(budi, "inboxgroup rahasia@jakarta")).map(({ text }) => text)).toEqual(["sebelum", "sesudah"]);
});

test("while a realm is down a join fails, and a leave applies locally at once and remotely when it is repeated", async () => {
  await jakarta.okData("creategroup diam", { token: ani });
  await surabaya.okData("joingroup diam@jakarta", { token: budi });
  await jakarta.server.kill();
  for (const [line, token] of [
    ["joingroup diam@jakarta", sari],
    ["leavegroup diam@jakarta", budi],
  ] as const) {
    const reply = await surabaya.server.command(line, { token });
    expect([reply.status, reply.headers["error-code"]], line).toEqual([503, "realm-away"]);
  }
  const groups = async (token: string) =>
    (await surabaya.okData<{ group: string }[]>("groups", { token })).map(({ group }) => group);
  expect(await groups(budi)).not.toContain("diam@jakarta");
  expect(await groups(sari)).not.toContain("diam@jakarta");
  await jakarta.server.start();
  await surabaya.okData("joingroup diam@jakarta", { token: sari });
  await surabaya.okData("leavegroup diam@jakarta", { token: budi });
  expect(await jakarta.okData<{ user: string }[]>("members diam", { token: ani })).toMatchObject([
    { user: "ani@jakarta", role: "owner" },
    { user: "sari@surabaya", role: "member" },
  ]);
});
