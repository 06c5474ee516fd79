import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { FakePeer } from "../support/fake-peer.ts";
import { openLive } from "../support/live-socket.ts";
import { hibernates, jakartaHost, useServer } from "../support/test-server.ts";

const bandung = new FakePeer("bandung");
await bandung.start();
afterAll(() => bandung.stop());
const server = useServer({ PEERS: JSON.stringify({ bandung: bandung.origin }), LOCAL_PEERS: "yes" });
let budi: string;
beforeAll(async () => {
  [budi] = (await server.seedAccounts(["budi"])) as [string];
});

/** Each test runs without and with a hibernation of the object in the middle. */
const hibernationCases = [
  ["", async () => {}],
  ...(hibernates ? ([[", after the object hibernated", (name: string) => server.evict(name)]] as const) : []),
] as const;

let accountCount = 0;
async function nextAccount(): Promise<{ name: string; token: string }> {
  const name = `orang${++accountCount}`;
  const [token = ""] = await server.seedAccounts([name]);
  return { name, token };
}

/** Creates a user whose messages have ids from 1. @param text of message `i`, in SQL */
async function newUserWithMessages(count: number, text: string): Promise<{ name: string; token: string }> {
  const { name, token } = await nextAccount();
  await server.sql(
    name,
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
     insert into messages (log_id, id, sender, text, sent_at, received_at)
     select message_logs.id, i, 'budi@surabaya', ${text}, i, i from n, message_logs where kind = 'mailbox' and name = '${name}'`,
  );
  // The object's caches do not contain these messages.
  await server.evict(name);
  return { name, token };
}

describe.each(hibernationCases)("a live socket%s", (_title, hibernate) => {
  test("answers commands in order", async () => {
    const { name, token } = await nextAccount();
    const live = await openLive(server.url, token);
    expect(await live.command("whoami")).toMatchObject({ status: "OK", data: { user: `${name}@surabaya` } });
    await hibernate(name);
    for (let n = 1; n <= 50; n++) live.send(`sendprivate key=k${n} ${name} pesan ${n}`);
    live.send("perintah aneh");
    await expect.poll(() => live.replies().length, { timeout: 20_000 }).toBe(52);
    const sends = live.replies().slice(1, 51);
    expect(sends.map((reply) => reply.delivery)).toEqual(
      Array.from({ length: 50 }, (__, n) => ({ id: n + 1, state: "delivered", thread: n + 1 })),
    );
    expect(live.replies()[51]).toEqual({
      status: "ERROR",
      data: "Maaf, command tidak benar",
      error: "unknown-command",
    });
    live.close();
  });

  test("receives each message from this realm and another", async () => {
    const { name, token } = await nextAccount();
    const live = await openLive(server.url, token);
    await expect.poll(() => live.events("live")).toEqual([{ event: "live", data: { cursor: 0 } }]);
    await hibernate(name);
    await server.command(`sendprivate ${name} satu`, { token: budi });
    const ani = await server.signUp(`ani-${name}`, jakartaHost);
    await server.command(`sendprivate ${name}@surabaya dua`, { token: ani, host: jakartaHost });
    await expect
      .poll(() => live.events("message").map(({ data }) => data))
      .toMatchObject([
        { id: 1, from: "budi@surabaya", text: "satu" },
        { id: 2, from: `ani-${name}@jakarta`, text: "dua" },
      ]);
    live.close();
  });

  test("backfills the messages after a cursor without loss or repetition while more arrive", async () => {
    const { name, token } = await nextAccount();
    const send = (n: number) => server.command(`sendprivate ${name} ${n}`, { token: budi });
    for (let n = 1; n <= 20; n++) await send(n);
    const arriving = (async () => {
      for (let n = 21; n <= 60; n++) await send(n);
    })();
    const live = await openLive(server.url, token, 5);
    await hibernate(name);
    await arriving;
    await expect.poll(() => live.events("message").length, { timeout: 10_000 }).toBeGreaterThanOrEqual(55);
    const ids = live.events("message").map(({ data }) => (data as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: 55 }, (__, n) => n + 6));
    expect(live.events("live")).toHaveLength(1);
    live.close();
  });

  test("receives the delivery state of a queued message", async () => {
    const { name, token } = await nextAccount();
    bandung.handlers.set("/federation/deliver", (_heard, response) => response.writeHead(503).end());
    const live = await openLive(server.url, token);
    const sent = await live.command("sendprivate rina@bandung halo");
    expect(sent).toMatchObject({ status: "OK", delivery: { id: 1, state: "queued" } });
    await hibernate(name);
    bandung.handlers.delete("/federation/deliver");
    await expect
      .poll(() => live.events("delivery"), { timeout: 10_000 })
      .toEqual([{ event: "delivery", data: { id: 1, to: "rina@bandung", state: "delivered" } }]);
    live.close();
  });

  test.each([
    ["a logout", (token: string) => server.command("logout", { token })],
    ["a logout of all sessions", (token: string) => server.command("logout all=yes", { token })],
  ])("receives session-ended and is closed at %s", async (__, end) => {
    const { name, token } = await nextAccount();
    const live = await openLive(server.url, token);
    await hibernate(name);
    await end(token);
    await expect.poll(() => live.isClosing()).toBe(true);
    expect(live.events("session-ended")).toHaveLength(1);
  });

  test.runIf(hibernates)("is closed with 4401 at its next frame after its session has expired", async () => {
    const { name, token } = await nextAccount();
    const live = await openLive(server.url, token);
    await server.sql(
      name,
      `update sessions set last_used_at = 0 where account_id = (select id from message_logs where name = '${name}')`,
    );
    await server.evict(name);
    live.send("inbox");
    await expect.poll(() => live.closeCode()).toBe(4401);
    expect(live.replies()).toMatchObject([{ status: "ERROR", error: "session-ended" }]);
  });

  test("gets an ERROR frame for invalid UTF-8, and is closed for a frame over 64 KiB", async () => {
    const { name, token } = await nextAccount();
    const live = await openLive(server.url, token);
    live.send(new Uint8Array([0xff, 0x00]));
    await expect.poll(() => live.replies()).toMatchObject([{ status: "ERROR", error: "not-utf8" }]);
    expect(await live.command("")).toMatchObject({ status: "ERROR", error: "unknown-command" });
    await hibernate(name);
    live.send("x".repeat(limits.bodyMaxBytes + 1));
    await expect.poll(() => live.closeCode()).toBe(1009);
  });
});

test("register, auth and operator commands are rejected over a socket", async () => {
  const { name, token } = await nextAccount();
  const live = await openLive(server.url, token);
  for (const line of [`auth ${name} rahasia-sekali`, "register baru rahasia-sekali", "retry jakarta"]) {
    expect(await live.command(line)).toMatchObject({ status: "ERROR", error: "post-command-only" });
  }
  expect(await live.command("help")).toMatchObject({ status: "OK" });
  live.close();
});

test("a logout over a socket is answered before the socket closes", async () => {
  const { token } = await nextAccount();
  const live = await openLive(server.url, token);
  live.send("logout");
  await expect.poll(() => live.closeCode()).toBe(4401);
  expect(live.frames.map(({ status, event }) => status ?? event).slice(-2)).toEqual(["OK", "session-ended"]);
});

test("an ended session receives no further message, even while a reply is pending", async () => {
  const { name, token } = await nextAccount();
  const [other = ""] = await server.seedAccounts([`${name}-lagi`]);
  const live = await openLive(server.url, token);
  live.send("inbox after=999 wait=25");
  expect((await server.command("whoami", { token })).status).toBe(200);
  await server.command("logout", { token });
  await server.command(`sendprivate ${name} rahasia`, { token: other });
  await expect.poll(() => live.closeCode(), { timeout: 5_000 }).toBe(4401);
  expect(live.events("session-ended")).toHaveLength(1);
  expect(live.events("message")).toEqual([]);
});

test.runIf(hibernates)(
  "a long backfill arrives completely, once and in order, even if the object hibernates meanwhile",
  async () => {
    const { name, token } = await newUserWithMessages(900, "hex(zeroblob(500))");
    const live = await openLive(server.url, token, 0);
    await server.evict(name);
    await expect.poll(() => live.events("live"), { timeout: 20_000 }).toHaveLength(1);
    const ids = live.events("message").map(({ data }) => (data as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: 900 }, (_, n) => n + 1));
    live.close();
  },
);

test("a history of several MiB arrives over one socket that acknowledges it, once and in order", async () => {
  const { token } = await newUserWithMessages(200, "hex(zeroblob(16000))");
  const live = await openLive(server.url, token, 0);
  await expect.poll(() => live.events("live").length, { timeout: 20_000 }).toBe(1);
  const ids = live.events("message").map(({ data }) => (data as { id: number }).id);
  expect(ids).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  expect(200 * 32_000).toBeGreaterThan(2 * limits.unacknowledgedMaxBytes);
  live.close();
});

test("a page too long for a frame is rejected and can be read in parts", async () => {
  const { token } = await newUserWithMessages(2000, "hex(zeroblob(500))");
  const live = await openLive(server.url, token);
  expect(await live.command("inbox")).toMatchObject({ status: "ERROR", error: "reply-too-large" });
  expect((await live.command("inbox last=500")).data).toHaveLength(500);
  live.close();
});

test("a reply longer than a frame is rejected, whether its page is one chunk or many", async () => {
  // The short texts come first, so that their chunk also takes many of the long ones.
  const { token } = await newUserWithMessages(55, "iif(i <= 8, 'pendek', hex(zeroblob(32000)))");
  const live = await openLive(server.url, token);
  expect(await live.command("inbox")).toMatchObject({ status: "ERROR", error: "reply-too-large" });
  expect((await live.command("inbox limit=20")).data).toHaveLength(20);
  live.close();
});

test("a socket without a session is rejected", async () => {
  const { token } = await nextAccount();
  await server.command("logout", { token });
  await expect(openLive(server.url, token)).rejects.toThrow();
  await expect(openLive(server.url, "rnh_budi_kurang")).rejects.toThrow();
  const plainRequest = await fetch(new URL("/live", server.url));
  expect(plainRequest.status).toBe(426);
  expect(plainRequest.headers.get("error-code")).toBe("upgrade-required");
});
