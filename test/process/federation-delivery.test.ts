import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { growBackoff, type SentStatus, useTwoDeployments } from "../support/deployments.ts";

const { surabaya, jakarta } = useTwoDeployments();
/** Slack of a deadline for a slow machine. */
const slackMs = 1_000;
let budi: string;
let citra: string;
let ani: string;

beforeAll(async () => {
  [budi, citra, ani] = await Promise.all([surabaya.signUp("budi"), surabaya.signUp("citra"), jakarta.signUp("ani")]);
});

test("a message to a running realm is delivered at once, in both directions", async () => {
  for (const [from, token, to, reader, realm, sender] of [
    [surabaya, budi, "ani@jakarta", ani, jakarta, "budi@surabaya"],
    [jakarta, ani, "budi@surabaya", budi, surabaya, "ani@jakarta"],
  ] as const) {
    const before = Date.now();
    const reply = await from.server.command(`sendprivate ${to} halo  dari\njauh 👋`, { token });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({ "delivery-state": "delivered", "message-id": "1" });
    expect(reply.json.data).toBe(`Pesan terkirim ke ${to}`);
    const inbox = await realm.okData<{ time: string }[]>("inbox", { token: reader });
    expect(inbox).toEqual([{ id: 1, from: sender, text: "halo  dari\njauh 👋", time: expect.any(String) }]);
    expect(Date.parse(inbox[0]?.time ?? "")).toBeGreaterThanOrEqual(before);
    expect(await from.sentStatus(token, 1)).toMatchObject({ state: "delivered", to });
  }
});

test("a message that the peer rejects fails at once with the peer's reason", async () => {
  for (const [line, code, text] of [
    ["sendprivate nihil@jakarta halo", "no-such-user", "Pengguna nihil@jakarta tidak ada"],
    ["sendgroup nihil@jakarta halo", "no-such-group", "Group nihil@jakarta tidak ada"],
  ] as const) {
    const reply = await surabaya.server.command(line, { token: budi });
    expect(reply.status).toBe(404);
    expect(reply.headers).toMatchObject({ "error-code": code, "delivery-state": "failed" });
    expect(reply.json.data).toBe(text);
    const status = await surabaya.sentStatus(budi, Number(reply.headers["message-id"]));
    expect(status).toMatchObject({ state: "failed", reason: code });
    expect(status).not.toHaveProperty("next");
  }
  // The reply contained the error, so the sender gets no notice.
  expect((await surabaya.messageTexts(budi)).length).toBe(1);
});

test("sends with one key across realms store one message, and the key returns its state", async () => {
  const send = () => surabaya.server.command("sendprivate key=sekali ani@jakarta hanya sekali", { token: budi });
  const replies = await Promise.all([send(), send(), send()]);
  for (const reply of [...replies, await send()]) {
    expect(reply.headers).toMatchObject({
      "delivery-state": "delivered",
      "message-id": replies[0].headers["message-id"],
    });
  }
  expect((await jakarta.messageTexts(ani)).filter((text) => text === "hanya sekali")).toHaveLength(1);
  expect(await surabaya.sentStatus(budi, "sekali")).toMatchObject({ key: "sekali", state: "delivered" });
});

test("a message to a hanging realm is queued within 3 s and arrives once after the realm resumes", async () => {
  jakarta.server.freeze();
  const before = Date.now();
  const reply = await surabaya.server.command("sendprivate ani@jakarta beku", { token: budi });
  expect(Date.now() - before).toBeLessThan(3_000 + slackMs);
  jakarta.server.thaw();
  expect(reply.headers["delivery-state"]).toBe("queued");
  await delivered(Number(reply.headers["message-id"]));
  expect((await jakarta.messageTexts(ani)).filter((text) => text === "beku")).toHaveLength(1);
});

test("messages to a realm that is down are queued, and status, sent and realms report it", async () => {
  await jakarta.server.kill();
  const before = Date.now();
  const reply = await surabaya.server.command("sendprivate key=nanti ani@jakarta nanti", { token: budi });
  expect(Date.now() - before).toBeLessThan(3_000 + slackMs);
  expect(reply.status).toBe(200);
  expect(reply.headers["delivery-state"]).toBe("queued");
  expect(reply.json.data).toBe("Pesan untuk ani@jakarta diantrekan");

  // The first back-off is random and may be its whole second, which is also the default timeout of a poll.
  const timeout = limits.backoffMinMs + slackMs;
  await expect
    .poll(async () => (await surabaya.sentStatus(budi, "nanti")).tries, { timeout })
    .toBeGreaterThanOrEqual(2);
  const status = await surabaya.sentStatus(budi, Number(reply.headers["message-id"]));
  expect(status).toMatchObject({ key: "nanti", state: "queued", reason: expect.any(String), next: expect.any(String) });
  const sent = await surabaya.okData<SentStatus[]>("sent last=1", { token: budi });
  expect(sent).toMatchObject([{ id: status.id, key: "nanti", state: "queued", to: "ani@jakarta" }]);
  const realms = await surabaya.okData("realms", { token: citra });
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

test("a restarted realm that sends nothing gets its queued messages at the next attempt", async () => {
  await jakarta.server.start();
  const { late } = await delivered("nanti");
  expect(late).toBeLessThan(2_000 + slackMs);
  expect(await jakarta.messageTexts(ani)).toContain("nanti");
  expect(await surabaya.okData("realms", { token: budi })).toMatchObject([
    { realm: "jakarta", state: "healthy", queued: 0, next: null, problem: null },
  ]);
});

test("a restarted realm that sends a message gets its queue at once and in order, and failures become notices", async () => {
  await jakarta.server.kill();
  const writers = [
    { name: "budi", token: budi },
    { name: "citra", token: citra },
  ];
  // More than one batch. Every tenth message will fail.
  await Promise.all(
    writers.map(async ({ name, token }) => {
      for (let n = 1; n <= 40; n++) {
        const to = n % 10 === 5 ? "nihil@jakarta" : "ani@jakarta";
        const reply = await surabaya.server.command(`sendprivate key=${name}-${n} ${to} ${name} ${n}`, { token });
        expect(reply.headers["delivery-state"]).toBe("queued");
      }
    }),
  );
  await growBackoff(surabaya, "jakarta", budi, 40_000);
  await jakarta.server.start();
  expect((await jakarta.messageTexts(ani)).filter((text) => /^(budi|citra) /.test(text))).toEqual([]);

  const sentAt = Date.now();
  const reply = await jakarta.server.command("sendprivate budi@surabaya aku kembali", { token: ani });
  expect(reply.headers["delivery-state"]).toBe("delivered");
  for (const { name, token } of writers) {
    const timeout = 2_000 + slackMs;
    await expect
      .poll(async () => (await surabaya.sentStatus(token, `${name}-40`)).state, { timeout })
      .toBe("delivered");
    expect(Date.now() - sentAt).toBeLessThan(timeout);
    const expected = Array.from({ length: 40 }, (_, n) => n + 1).filter((n) => n % 10 !== 5);
    const arrived = (await jakarta.messageTexts(ani)).filter((text) => text.startsWith(name));
    expect(arrived).toEqual(expected.map((n) => `${name} ${n}`));

    expect(await surabaya.sentStatus(token, `${name}-15`)).toMatchObject({ state: "failed", reason: "no-such-user" });
    const inbox = await surabaya.okData<{ from: string; text: string }[]>("inbox", { token });
    const notices = inbox.filter(({ from }) => from === "sistem@surabaya").map(({ text }) => text);
    const failed = await Promise.all([5, 15, 25, 35].map((n) => surabaya.sentStatus(token, `${name}-${n}`)));
    expect(notices).toHaveLength(4);
    for (const [index, { id }] of failed.entries()) {
      expect(notices[index]).toContain(String(id));
      expect(notices[index]).toContain("nihil@jakarta");
    }
  }
});

/** Waits until a message of budi is delivered. @returns milliseconds since the attempt was due */
async function delivered(reference: string | number): Promise<{ late: number }> {
  let due = Date.now();
  await expect
    .poll(
      async () => {
        const { state, next } = await surabaya.sentStatus(budi, reference);
        if (next) due = Math.max(due, Date.parse(next));
        return state;
      },
      { timeout: 30_000 },
    )
    .toBe("delivered");
  return { late: Date.now() - due };
}
