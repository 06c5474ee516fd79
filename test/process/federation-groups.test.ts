import { beforeAll, expect, test } from "vitest";
import { withOptions } from "../support/command.ts";
import { useTwoDeployments } from "../support/deployments.ts";

const { surabaya, jakarta } = useTwoDeployments();
let budi: string;
let ani: string;
/** A user who never sends and so is no member: each of her reads goes to the group's own realm. */
let rina: string;
let emptyPoll: Promise<{ messages: object[]; ms: number }>;

beforeAll(async () => {
  [budi, rina, ani] = await Promise.all([surabaya.signUp("budi"), surabaya.signUp("rina"), jakarta.signUp("ani")]);
  await jakarta.okData("creategroup tim", { token: ani });
  // A wait longer than the timeout of other requests to a peer. Other tests run meanwhile.
  const before = Date.now();
  emptyPoll = surabaya
    .okData<object[]>("inboxgroup after=9999 wait=7 tim@jakarta", { token: budi })
    .then((messages) => ({ messages, ms: Date.now() - before }));
});

test("users of two realms send to one group, and both read the same messages", async () => {
  const sent = await surabaya.server.command("sendgroup key=satu tim@jakarta halo dari Surabaya", { token: budi });
  expect(sent.headers).toMatchObject({ "delivery-state": "delivered", "message-id": "1" });
  expect(sent.json.data).toBe("Pesan terkirim ke tim@jakarta");
  await jakarta.okData("sendgroup tim halo dari Jakarta", { token: ani });
  // A retry stores no second message.
  await surabaya.okData("sendgroup key=satu tim@jakarta halo dari Surabaya", { token: budi });
  const here = await surabaya.okData("inboxgroup tim@jakarta", { token: rina });
  expect(here).toMatchObject([
    { id: 1, from: "budi@surabaya", text: "halo dari Surabaya" },
    { id: 2, from: "ani@jakarta", text: "halo dari Jakarta" },
  ]);
  expect(here).toEqual(await jakarta.okData("inboxgroup tim", { token: ani }));
});

test("an unknown group and an unknown realm are reported", async () => {
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

test("every page option returns the same rows across realms as in the owning realm, also over many chunks", async () => {
  // 300 messages exceed the rows of one chunk, and the long ones exceed its size.
  const writer = async (first: number) => {
    for (let n = first; n < 300; n += 20) {
      const text = `pesan ${n} ${n % 25 === 0 ? "é".repeat(20_000) : '"\\'}`;
      await jakarta.okData(`sendgroup tim ${text}`, { token: ani });
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
  const all = await surabaya.okData<{ id: number }[]>("inboxgroup tim@jakarta", { token: rina });
  expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 302 }, (_, n) => n + 1));
});

test("a long poll across realms returns the next message, or an empty page at its deadline", async () => {
  const waiting = surabaya.okData("inboxgroup after=302 wait=20 tim@jakarta", { token: rina });
  const sent = await surabaya.server.command("sendgroup tim@jakarta yang ditunggu", { token: budi });
  expect(sent.headers["delivery-state"]).toBe("delivered");
  expect(await waiting).toMatchObject([{ id: 303, from: "budi@surabaya", text: "yang ditunggu" }]);

  const { messages, ms } = await emptyPoll;
  expect(messages).toEqual([]);
  expect(ms).toBeGreaterThanOrEqual(7_000);
});

test("while the owning realm is down a read fails with 503 and a send is queued, and both work after its restart", async () => {
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
    .poll(() => surabaya.messageTexts(budi, "inboxgroup after=303 tim@jakarta").catch(() => []), { timeout: 30_000 })
    .toEqual(["nanti saja"]);
});

test("a queued group message that fails becomes an inbox notice", async () => {
  await jakarta.server.kill();
  const sent = await surabaya.server.command("sendgroup nihil@jakarta siapa di sana", { token: budi });
  expect(sent.headers["delivery-state"]).toBe("queued");
  await jakarta.server.start();
  await expect
    .poll(() => surabaya.okData("inbox", { token: budi }), { timeout: 30_000 })
    .toMatchObject([{ from: "sistem@surabaya", text: expect.stringContaining("nihil@jakarta") }]);
  expect(await surabaya.sentStatus(budi, Number(sent.headers["message-id"]))).toMatchObject({
    kind: "group",
    state: "failed",
    reason: "no-such-group",
  });
});
