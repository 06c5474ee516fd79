import { beforeAll, expect, test } from "vitest";
import { growBackoff, useTwoDeployments } from "../support/deployments.ts";

const { surabaya, jakarta } = useTwoDeployments();
let budi: string;
let ani: string;

beforeAll(async () => {
  [budi, ani] = await Promise.all([surabaya.signUp("budi"), jakarta.signUp("ani")]);
});

test("realms lists a peer before the first request to it", async () => {
  expect(await surabaya.okData("realms", { token: budi })).toEqual([
    { realm: "jakarta", state: "healthy", queued: 0, contact: null, next: null, problem: null },
  ]);
});

test("only the operator retries queues, tests peers and rotates keys", async () => {
  for (const line of ["retry jakarta", "peertest jakarta", "rotatekey"]) {
    const refusal = await surabaya.server.command(line);
    expect([refusal.status, refusal.headers["error-code"]]).toEqual([401, "token-missing"]);
    const user = await surabaya.server.command(line, { token: budi });
    expect([user.status, user.headers["error-code"]]).toEqual([403, "operator-only"]);
  }
});

test("peertest of a healthy peer passes every step and reports the time of each round trip", async () => {
  const steps = (await surabaya.operatorCommand("peertest jakarta")).json.data;
  const ms = expect.any(Number);
  expect(steps).toEqual([
    { step: "name", ok: true, detail: jakarta.server.url.origin },
    { step: "well-known", ok: true, detail: "read", ms },
    { step: "key", ok: true, detail: "1 published" },
    { step: "clock", ok: true, detail: expect.stringMatching(/^-?[01] s apart$/) },
    { step: "signature", ok: true, detail: "accepted", ms },
    { step: "policy", ok: true, detail: "accepted" },
    { step: "echo", ok: true, detail: "received", ms },
  ]);
});

test("peertest of an unknown realm stops at its name, and retry gets 404", async () => {
  expect((await surabaya.operatorCommand("peertest bandung")).json.data).toEqual([
    { step: "name", ok: false, detail: expect.any(String) },
  ]);
  const retry = await surabaya.operatorCommand("retry bandung");
  expect([retry.status, retry.headers["error-code"]]).toEqual([404, "no-such-realm"]);
});

test("messages are delivered in both directions right after a key rotation, and the old key stays published", async () => {
  // As if the last key fetch were a minute ago: keys are not fetched again sooner.
  await Promise.all([surabaya.server.kill(), jakarta.server.kill()]);
  for (const { server } of [surabaya, jakarta]) server.sql("update peer_keys set asked_at = asked_at - 60000");
  await Promise.all([surabaya.server.start(), jakarta.server.start()]);

  const before = await publishedKeys();
  const reply = await surabaya.operatorCommand("rotatekey");
  expect(reply.status).toBe(200);
  const after = await publishedKeys();
  expect(after).toHaveLength(before.length + 1);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(reply.text).toContain(after.find((key) => !before.includes(key)));

  const there = await surabaya.server.command("sendprivate ani@jakarta kunci baru", { token: budi });
  const back = await jakarta.server.command("sendprivate budi@surabaya dari sini juga", { token: ani });
  expect([there, back].map(({ headers }) => headers["delivery-state"])).toEqual(["delivered", "delivered"]);
});

test("a second rotation within a minute queues messages until the peer fetches the new key", async () => {
  expect((await surabaya.operatorCommand("rotatekey")).status).toBe(200);
  const reply = await surabaya.server.command("sendprivate ani@jakarta kunci terbaru", { token: budi });
  expect(reply.headers["delivery-state"]).toBe("queued");
  // As if a minute had passed.
  await jakarta.server.kill();
  jakarta.server.sql("update peer_keys set asked_at = asked_at - 60000");
  await jakarta.server.start();
  await expect.poll(() => jakarta.messageTexts(ani), { timeout: 30_000 }).toEqual(["kunci baru", "kunci terbaru"]);
});

test("the operator's retry delivers a queued message at once, long before the next attempt", async () => {
  await jakarta.server.kill();
  await surabaya.server.command("sendprivate key=tunggu ani@jakarta tunggu", { token: budi });
  await growBackoff(surabaya, "jakarta", budi, 40_000);
  const down = (await surabaya.operatorCommand("peertest jakarta")).json.data as object[];
  expect(down.at(-1)).toEqual({ step: "well-known", ok: false, detail: "connection-failed", ms: expect.any(Number) });
  await jakarta.server.start();
  expect(await surabaya.sentStatus(budi, "tunggu")).toMatchObject({ state: "queued" });
  expect((await surabaya.operatorCommand("retry jakarta")).json.data).toBe("Antrean ke jakarta dicoba sekarang");
  await expect
    .poll(async () => (await surabaya.sentStatus(budi, "tunggu")).state, { timeout: 5_000 })
    .toBe("delivered");
});

test("the logs contain no texts, tokens or passwords", () => {
  for (const { server } of [surabaya, jakarta]) {
    for (const secret of ["kunci terbaru", "rahasia-", "rnh_", budi, ani]) expect(server.log).not.toContain(secret);
  }
});

async function publishedKeys(): Promise<string[]> {
  const response = await fetch(new URL("/.well-known/ranah", surabaya.server.url));
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}
