import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Status, tireOut, useTwoDeployments } from "../support/deployments.ts";

const { surabaya, jakarta } = useTwoDeployments();
/** What a slow machine may add to a deadline. */
const slackMs = 1_000;
let budi: string;
let citra: string;
let ani: string;

beforeAll(async () => {
  [budi, citra, ani] = await Promise.all([surabaya.person("budi"), surabaya.person("citra"), jakarta.person("ani")]);
});

test("A message to a realm that is up is delivered at once, in both directions.", async () => {
  for (const [from, token, to, reader, realm, sender] of [
    [surabaya, budi, "ani@jakarta", ani, jakarta, "budi@surabaya"],
    [jakarta, ani, "budi@surabaya", budi, surabaya, "ani@jakarta"],
  ] as const) {
    const before = Date.now();
    const reply = await from.server.command(`sendprivate ${to} halo  dari\njauh 👋`, { token });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({ "delivery-state": "delivered", "message-id": "1" });
    expect(reply.json.data).toBe(`Pesan terkirim ke ${to}`);
    const inbox = await realm.data<{ time: string }[]>("inbox", { token: reader });
    expect(inbox).toEqual([{ id: 1, from: sender, text: "halo  dari\njauh 👋", time: expect.any(String) }]);
    expect(Date.parse(inbox[0]?.time ?? "")).toBeGreaterThanOrEqual(before);
    expect(await from.status(token, 1)).toMatchObject({ state: "delivered", to });
  }
});

test("What the peer says no to has failed at once, with the peer's reason.", async () => {
  for (const [line, code, text] of [
    ["sendprivate nihil@jakarta halo", "no-such-user", "Pengguna nihil@jakarta tidak ada"],
    ["sendgroup nihil@jakarta halo", "no-such-group", "Group nihil@jakarta tidak ada"],
  ] as const) {
    const reply = await surabaya.server.command(line, { token: budi });
    expect(reply.status).toBe(404);
    expect(reply.headers).toMatchObject({ "error-code": code, "delivery-state": "failed" });
    expect(reply.json.data).toBe(text);
    const status = await surabaya.status(budi, Number(reply.headers["message-id"]));
    expect(status).toMatchObject({ state: "failed", reason: code });
    expect(status).not.toHaveProperty("next");
  }
  // Whoever was told already gets no notice.
  expect((await surabaya.texts(budi)).length).toBe(1);
});

test("A key makes one message of many sends across realms, and remembers its state.", async () => {
  const send = () => surabaya.server.command("sendprivate key=sekali ani@jakarta hanya sekali", { token: budi });
  const replies = await Promise.all([send(), send(), send()]);
  for (const reply of [...replies, await send()]) {
    expect(reply.headers).toMatchObject({
      "delivery-state": "delivered",
      "message-id": replies[0].headers["message-id"],
    });
  }
  expect((await jakarta.texts(ani)).filter((text) => text === "hanya sekali")).toHaveLength(1);
  expect(await surabaya.status(budi, "sekali")).toMatchObject({ key: "sekali", state: "delivered" });
});

test("A message to a realm that hangs is queued within 3 s, and arrives once when the realm goes on.", async () => {
  jakarta.server.freeze();
  const before = Date.now();
  const reply = await surabaya.server.command("sendprivate ani@jakarta beku", { token: budi });
  expect(Date.now() - before).toBeLessThan(3_000 + slackMs);
  jakarta.server.thaw();
  expect(reply.headers["delivery-state"]).toBe("queued");
  await delivered(Number(reply.headers["message-id"]));
  expect((await jakarta.texts(ani)).filter((text) => text === "beku")).toHaveLength(1);
});

test("While a realm is down its messages are queued, and sender and realms can tell.", async () => {
  await jakarta.server.kill();
  const before = Date.now();
  const reply = await surabaya.server.command("sendprivate key=nanti ani@jakarta nanti", { token: budi });
  expect(Date.now() - before).toBeLessThan(3_000 + slackMs);
  expect(reply.status).toBe(200);
  expect(reply.headers["delivery-state"]).toBe("queued");
  expect(reply.json.data).toBe("Pesan untuk ani@jakarta diantrekan");

  // The first pause is chance: it may take all of its second, which is as long as a poll waits by itself.
  const timeout = limits.backoffMinMs + slackMs;
  await expect.poll(async () => (await surabaya.status(budi, "nanti")).tries, { timeout }).toBeGreaterThanOrEqual(2);
  const status = await surabaya.status(budi, Number(reply.headers["message-id"]));
  expect(status).toMatchObject({ key: "nanti", state: "queued", reason: expect.any(String), next: expect.any(String) });
  const sent = await surabaya.data<Status[]>("sent last=1", { token: budi });
  expect(sent).toMatchObject([{ id: status.id, key: "nanti", state: "queued", to: "ani@jakarta" }]);
  const realms = await surabaya.data("realms", { token: citra });
  expect(realms).toEqual([
    {
      realm: "jakarta",
      state: "unreachable",
      queued: 1,
      contact: expect.stringMatching(/Z$/),
      next: expect.stringMatching(/Z$/),
      problem: expect.any(String),
    },
  ]);
});

test("A realm that returns in silence gets what waits for it when the next try is due.", async () => {
  await jakarta.server.start();
  const { late } = await delivered("nanti");
  expect(late).toBeLessThan(2_000 + slackMs);
  expect(await jakarta.texts(ani)).toContain("nanti");
  expect(await surabaya.data("realms", { token: budi })).toMatchObject([
    { realm: "jakarta", state: "healthy", queued: 0, next: null, problem: null },
  ]);
});

test("A realm that returns and speaks gets everything at once: in order, past what fails, and with notices.", async () => {
  await jakarta.server.kill();
  const writers = [
    { name: "budi", token: budi },
    { name: "citra", token: citra },
  ];
  // More than one batch; between them, again and again, a message that will fail.
  await Promise.all(
    writers.map(async ({ name, token }) => {
      for (let n = 1; n <= 40; n++) {
        const to = n % 10 === 5 ? "nihil@jakarta" : "ani@jakarta";
        const reply = await surabaya.server.command(`sendprivate key=${name}-${n} ${to} ${name} ${n}`, { token });
        expect(reply.headers["delivery-state"]).toBe("queued");
      }
    }),
  );
  await tireOut(surabaya, "jakarta", budi, 40_000);
  await jakarta.server.start();
  expect((await jakarta.texts(ani)).filter((text) => /^(budi|citra) /.test(text))).toEqual([]);

  const spoke = Date.now();
  const reply = await jakarta.server.command("sendprivate budi@surabaya aku kembali", { token: ani });
  expect(reply.headers["delivery-state"]).toBe("delivered");
  for (const { name, token } of writers) {
    const timeout = 2_000 + slackMs;
    await expect.poll(async () => (await surabaya.status(token, `${name}-40`)).state, { timeout }).toBe("delivered");
    expect(Date.now() - spoke).toBeLessThan(timeout);
    const expected = Array.from({ length: 40 }, (_, n) => n + 1).filter((n) => n % 10 !== 5);
    const arrived = (await jakarta.texts(ani)).filter((text) => text.startsWith(name));
    expect(arrived).toEqual(expected.map((n) => `${name} ${n}`));

    expect(await surabaya.status(token, `${name}-15`)).toMatchObject({ state: "failed", reason: "no-such-user" });
    const inbox = await surabaya.data<{ from: string; text: string }[]>("inbox", { token });
    const notices = inbox.filter(({ from }) => from === "sistem@surabaya").map(({ text }) => text);
    const failed = await Promise.all([5, 15, 25, 35].map((n) => surabaya.status(token, `${name}-${n}`)));
    expect(notices).toHaveLength(4);
    for (const [index, { id }] of failed.entries()) {
      expect(notices[index]).toContain(String(id));
      expect(notices[index]).toContain("nihil@jakarta");
    }
  }
});

/** Asks until a message of budi's is delivered. @returns milliseconds since the moment when it could be */
async function delivered(reference: string | number): Promise<{ late: number }> {
  let due = Date.now();
  await expect
    .poll(
      async () => {
        const { state, next } = await surabaya.status(budi, reference);
        if (next) due = Math.max(due, Date.parse(next));
        return state;
      },
      { timeout: 30_000 },
    )
    .toBe("delivered");
  return { late: Date.now() - due };
}
