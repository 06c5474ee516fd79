import { beforeAll, expect, test } from "vitest";
import { withOptions } from "../support/command.ts";
import { useTwoDeployments } from "../support/deployments.ts";

const { surabaya, jakarta } = useTwoDeployments();
let budi: string;
let ani: string;
/** Reads and never sends: no member, so that every reading goes to the group's own realm. */
let rina: string;
let inVain: Promise<{ messages: object[]; ms: number }>;

beforeAll(async () => {
  [budi, rina, ani] = await Promise.all([surabaya.person("budi"), surabaya.person("rina"), jakarta.person("ani")]);
  await jakarta.data("creategroup tim", { token: ani });
  // Longer than other answers of a peer are waited for; other tests go on meanwhile.
  const before = Date.now();
  inVain = surabaya
    .data<object[]>("inboxgroup after=9999 wait=7 tim@jakarta", { token: budi })
    .then((messages) => ({ messages, ms: Date.now() - before }));
});

test("Two realms talk in one group, and both read the same.", async () => {
  const sent = await surabaya.server.command("sendgroup key=satu tim@jakarta halo dari Surabaya", { token: budi });
  expect(sent.headers).toMatchObject({ "delivery-state": "delivered", "message-id": "1" });
  expect(sent.json.data).toBe("Pesan terkirim ke tim@jakarta");
  await jakarta.data("sendgroup tim halo dari Jakarta", { token: ani });
  // A retry is the same message.
  await surabaya.data("sendgroup key=satu tim@jakarta halo dari Surabaya", { token: budi });
  const here = await surabaya.data("inboxgroup tim@jakarta", { token: rina });
  expect(here).toMatchObject([
    { id: 1, from: "budi@surabaya", text: "halo dari Surabaya" },
    { id: 2, from: "ani@jakarta", text: "halo dari Jakarta" },
  ]);
  expect(here).toEqual(await jakarta.data("inboxgroup tim", { token: ani }));
});

test("A group that does not exist, and one of an unknown realm, are said to be so.", async () => {
  for (const [group, code, text] of [
    ["nihil@jakarta", "no-such-group", "Group nihil@jakarta tidak ada"],
    ["tim@bandung", "no-such-realm", "Realm bandung tidak dikenal di sini"],
  ] as const) {
    for (const line of [`inboxgroup ${group}`, `sendgroup ${group} halo`]) {
      const reply = await surabaya.server.command(line, { token: budi });
      expect([reply.status, reply.headers["error-code"], reply.json.data]).toEqual([404, code, text]);
    }
  }
});

test("Every option of a reading means across realms what it means at home, over many chunks too.", async () => {
  // 300 messages are more rows than one chunk has, and the long ones more text.
  const writer = async (first: number) => {
    for (let n = first; n < 300; n += 20) {
      const text = `pesan ${n} ${n % 25 === 0 ? "é".repeat(20_000) : '"\\'}`;
      await jakarta.data(`sendgroup tim ${text}`, { token: ani });
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, n) => writer(n)));
  const pages = [
    "",
    "after=0",
    "after=1",
    "after=150",
    "after=300",
    "after=302",
    "after=9999",
    "before=1",
    "before=2",
    "before=290",
    "before=9999",
    "limit=1",
    "limit=280",
    "limit=10000",
    "last=1",
    "last=280",
    "last=10000",
    "after=10 before=20",
    "after=20 before=10",
    "after=10 limit=270",
    "before=290 last=270",
    "after=20 before=290 last=265",
    "after=20 before=290 limit=265",
    "wait=0",
    "after=5 wait=20 limit=3",
  ];
  for (const page of pages) {
    const read = await surabaya.server.command(withOptions("inboxgroup tim@jakarta", page), { token: rina });
    const own = await jakarta.server.command(withOptions("inboxgroup tim", page), { token: ani });
    expect(read.status, page).toBe(200);
    expect(read.json.data, page).toEqual(own.json.data);
  }
  const all = await surabaya.data<{ id: number }[]>("inboxgroup tim@jakarta", { token: rina });
  expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 302 }, (_, n) => n + 1));
});

test("A reader waits across realms until something arrives, or until its time is over.", async () => {
  const waiting = surabaya.data("inboxgroup after=302 wait=20 tim@jakarta", { token: rina });
  const sent = await surabaya.server.command("sendgroup tim@jakarta yang ditunggu", { token: budi });
  expect(sent.headers["delivery-state"]).toBe("delivered");
  expect(await waiting).toMatchObject([{ id: 303, from: "budi@surabaya", text: "yang ditunggu" }]);

  const { messages, ms } = await inVain;
  expect(messages).toEqual([]);
  expect(ms).toBeGreaterThanOrEqual(7_000);
});

test("While the owning realm is away a reading says so, a sending is queued, and both work when it is back.", async () => {
  const waiting = surabaya.server.command("inboxgroup after=303 wait=20 tim@jakarta", { token: rina });
  await jakarta.server.kill();
  const cut = await waiting;
  for (const [english, text] of [
    [false, "Realm jakarta sedang tidak terjangkau; coba lagi 5 detik lagi"],
    [true, "Realm jakarta cannot be reached now; try again in 5 s"],
  ] as const) {
    const reply = await surabaya.server.command("inboxgroup tim@jakarta", { token: rina, english });
    expect([reply.status, reply.json.data]).toEqual([503, text]);
    expect(reply.headers).toMatchObject({ "error-code": "realm-away", "retry-after": "5" });
  }
  expect([cut.status, cut.headers["error-code"]]).toEqual([503, "realm-away"]);
  const sent = await surabaya.server.command("sendgroup tim@jakarta nanti saja", { token: budi });
  expect(sent.headers["delivery-state"]).toBe("queued");
  expect(sent.json.data).toBe("Pesan untuk tim@jakarta diantrekan");

  await jakarta.server.start();
  await expect
    .poll(() => surabaya.texts(budi, "inboxgroup after=303 tim@jakarta").catch(() => []), { timeout: 30_000 })
    .toEqual(["nanti saja"]);
});

test("A message that fails after it was queued for a group becomes a notice.", async () => {
  await jakarta.server.kill();
  const sent = await surabaya.server.command("sendgroup nihil@jakarta siapa di sana", { token: budi });
  expect(sent.headers["delivery-state"]).toBe("queued");
  await jakarta.server.start();
  await expect
    .poll(() => surabaya.data("inbox", { token: budi }), { timeout: 30_000 })
    .toMatchObject([{ from: "sistem@surabaya", text: expect.stringContaining("nihil@jakarta") }]);
  expect(await surabaya.status(budi, Number(sent.headers["message-id"]))).toMatchObject({
    kind: "group",
    state: "failed",
    reason: "no-such-group",
  });
});
