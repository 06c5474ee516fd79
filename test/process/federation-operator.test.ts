import { beforeAll, expect, test } from "vitest";
import { tireOut, useTwoDeployments } from "../support/deployments.ts";

const { surabaya, jakarta } = useTwoDeployments();
let budi: string;
let ani: string;

beforeAll(async () => {
  [budi, ani] = await Promise.all([surabaya.person("budi"), jakarta.person("ani")]);
});

test("A realm shows its peers before anything was said to them.", async () => {
  expect(await surabaya.data("realms", { token: budi })).toEqual([
    { realm: "jakarta", state: "healthy", queued: 0, contact: null, next: null, problem: null },
  ]);
});

test("Only the operator tries queues, tests peers and changes keys.", async () => {
  for (const line of ["retry jakarta", "peertest jakarta", "rotatekey"]) {
    const stranger = await surabaya.server.command(line);
    expect([stranger.status, stranger.headers["error-code"]]).toEqual([401, "token-missing"]);
    const user = await surabaya.server.command(line, { token: budi });
    expect([user.status, user.headers["error-code"]]).toEqual([403, "operator-only"]);
  }
});

test("A test of a peer that is well goes through every step, with the time that each round trip took.", async () => {
  const steps = (await surabaya.operate("peertest jakarta")).json.data;
  const ms = expect.any(Number);
  expect(steps).toEqual([
    { step: "name", ok: true, detail: jakarta.server.url.origin },
    { step: "well-known", ok: true, detail: "read", ms },
    { step: "key", ok: true, detail: "1 published" },
    { step: "clock", ok: true, detail: expect.stringMatching(/^-?[01] s apart$/) },
    { step: "signature", ok: true, detail: "accepted", ms },
    { step: "policy", ok: true, detail: "let in" },
    { step: "echo", ok: true, detail: "came back", ms },
  ]);
});

test("A test of an unknown realm ends at its name, and there is nothing to retry.", async () => {
  expect((await surabaya.operate("peertest bandung")).json.data).toEqual([
    { step: "name", ok: false, detail: expect.any(String) },
  ]);
  const retry = await surabaya.operate("retry bandung");
  expect([retry.status, retry.headers["error-code"]]).toEqual([404, "no-such-realm"]);
});

test("Messages flow both ways right after a change of keys, and the old key stays published.", async () => {
  // The realms have known each other for longer than the minute in which keys are not asked for again.
  await Promise.all([surabaya.server.kill(), jakarta.server.kill()]);
  for (const { server } of [surabaya, jakarta]) server.sql("update peers set asked = asked - 60000");
  await Promise.all([surabaya.server.start(), jakarta.server.start()]);

  const before = await publishedKeys();
  const reply = await surabaya.operate("rotatekey");
  expect(reply.status).toBe(200);
  const after = await publishedKeys();
  expect(after).toHaveLength(before.length + 1);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(reply.text).toContain(after.find((key) => !before.includes(key)));

  const there = await surabaya.server.command("sendprivate ani@jakarta kunci baru", { token: budi });
  const back = await jakarta.server.command("sendprivate budi@surabaya dari sini juga", { token: ani });
  expect([there, back].map(({ headers }) => headers["delivery-state"])).toEqual(["delivered", "delivered"]);
});

test("A key that changes again too soon is not asked for, and nothing is lost meanwhile.", async () => {
  expect((await surabaya.operate("rotatekey")).status).toBe(200);
  const reply = await surabaya.server.command("sendprivate ani@jakarta kunci terbaru", { token: budi });
  expect(reply.headers["delivery-state"]).toBe("queued");
  // A minute later.
  await jakarta.server.kill();
  jakarta.server.sql("update peers set asked = asked - 60000");
  await jakarta.server.start();
  await expect.poll(() => jakarta.texts(ani), { timeout: 30_000 }).toEqual(["kunci baru", "kunci terbaru"]);
});

test("The operator's retry sends what waits at once, long before the next try.", async () => {
  await jakarta.server.kill();
  await surabaya.server.command("sendprivate key=tunggu ani@jakarta tunggu", { token: budi });
  await tireOut(surabaya, "jakarta", budi, 40_000);
  const down = (await surabaya.operate("peertest jakarta")).json.data as object[];
  expect(down.at(-1)).toEqual({ step: "well-known", ok: false, detail: "no-connection", ms: expect.any(Number) });
  await jakarta.server.start();
  expect(await surabaya.status(budi, "tunggu")).toMatchObject({ state: "queued" });
  expect((await surabaya.operate("retry jakarta")).json.data).toBe("Antrean ke jakarta dicoba sekarang");
  await expect.poll(async () => (await surabaya.status(budi, "tunggu")).state, { timeout: 5_000 }).toBe("delivered");
});

test("Neither texts nor tokens nor passwords are in the logs.", () => {
  for (const { server } of [surabaya, jakarta]) {
    for (const secret of ["kunci terbaru", "rahasia-", "rnh_", budi, ani]) expect(server.log).not.toContain(secret);
  }
});

async function publishedKeys(): Promise<string[]> {
  const response = await fetch(new URL("/.well-known/ranah", surabaya.server.url));
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}
