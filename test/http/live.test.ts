import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { FakePeer } from "../support/fake-peer.ts";
import { openLive } from "../support/live.ts";
import { jakarta, useServer } from "../support/realm.ts";

const bandung = new FakePeer("bandung");
await bandung.start();
afterAll(() => bandung.stop());
const server = useServer({ PEERS: JSON.stringify({ bandung: bandung.origin }), LOCAL_PEERS: "yes" });
let budi: string;
beforeAll(async () => {
  [budi] = (await server.crowd(["budi"])) as [string];
});

/** Each behaviour of a socket holds as well when the object sleeps in the middle. */
const naps = [
  ["", async () => {}],
  [", also when the object slept in between", (name: string) => server.evict(name)],
] as const;

let people = 0;
async function somebody(): Promise<{ name: string; token: string }> {
  const name = `orang${++people}`;
  const [token = ""] = await server.crowd([name]);
  return { name, token };
}

/** Somebody with messages numbered from 1. @param text of message `i`, in SQL */
async function withMessages(count: number, text: string): Promise<{ name: string; token: string }> {
  const { name, token } = await somebody();
  await server.sql(
    name,
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
     insert into messages (log, id, sender, text, time, arrived)
     select logs.id, i, 'budi@surabaya', ${text}, i, i from n, logs where kind = 'mailbox' and name = '${name}'`,
  );
  // What it keeps at hand does not know of them.
  await server.evict(name);
  return { name, token };
}

describe.each(naps)("A live socket%s", (_nap, nap) => {
  test("carries commands, and answers them in their order.", async () => {
    const { name, token } = await somebody();
    const live = await openLive(server.url, token);
    expect(await live.ask("whoami")).toMatchObject({ status: "OK", data: { user: `${name}@surabaya` } });
    await nap(name);
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

  test("hears each message that arrives, from this realm and from another.", async () => {
    const { name, token } = await somebody();
    const live = await openLive(server.url, token);
    await expect.poll(() => live.events("live")).toEqual([{ event: "live", data: { cursor: 0 } }]);
    await nap(name);
    await server.command(`sendprivate ${name} satu`, { token: budi });
    const ani = await server.person(`ani-${name}`, jakarta);
    await server.command(`sendprivate ${name}@surabaya dua`, { token: ani, host: jakarta });
    await expect
      .poll(() => live.events("message").map(({ data }) => data))
      .toMatchObject([
        { id: 1, from: "budi@surabaya", text: "satu" },
        { id: 2, from: `ani-${name}@jakarta`, text: "dua" },
      ]);
    live.close();
  });

  test("tells what came after a cursor, and loses and repeats nothing while more arrives.", async () => {
    const { name, token } = await somebody();
    const send = (n: number) => server.command(`sendprivate ${name} ${n}`, { token: budi });
    for (let n = 1; n <= 20; n++) await send(n);
    const arriving = (async () => {
      for (let n = 21; n <= 60; n++) await send(n);
    })();
    const live = await openLive(server.url, token, 5);
    await nap(name);
    await arriving;
    await expect.poll(() => live.events("message").length, { timeout: 10_000 }).toBeGreaterThanOrEqual(55);
    const ids = live.events("message").map(({ data }) => (data as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: 55 }, (__, n) => n + 6));
    expect(live.events("live")).toHaveLength(1);
    live.close();
  });

  test("hears what became of a message that was queued.", async () => {
    const { name, token } = await somebody();
    bandung.answers.set("/federation/deliver", (_heard, response) => response.writeHead(503).end());
    const live = await openLive(server.url, token);
    const sent = await live.ask("sendprivate rina@bandung halo");
    expect(sent).toMatchObject({ status: "OK", delivery: { id: 1, state: "queued" } });
    await nap(name);
    bandung.answers.delete("/federation/deliver");
    await expect
      .poll(() => live.events("delivery"), { timeout: 10_000 })
      .toEqual([{ event: "delivery", data: { id: 1, to: "rina@bandung", state: "delivered" } }]);
    live.close();
  });

  test.each([
    ["its logout", (token: string) => server.command("logout", { token })],
    ["a logout from everywhere", (token: string) => server.command("logout all=yes", { token })],
  ])("is closed at %s, and told so.", async (__, end) => {
    const { name, token } = await somebody();
    const live = await openLive(server.url, token);
    await nap(name);
    await end(token);
    await expect.poll(() => live.isClosing()).toBe(true);
    expect(live.events("session-ended")).toHaveLength(1);
  });

  test("closes with 4401 at its next frame when its session has expired.", async () => {
    const { name, token } = await somebody();
    const live = await openLive(server.url, token);
    await server.sql(name, `update sessions set used = 0 where account = (select id from logs where name = '${name}')`);
    await server.evict(name);
    live.send("inbox");
    await expect.poll(() => live.closedWith()).toBe(4401);
    expect(live.replies()).toMatchObject([{ status: "ERROR", error: "session-ended" }]);
  });

  test("gets an ERROR frame for garbage, and is closed for a frame over 64 KiB.", async () => {
    const { name, token } = await somebody();
    const live = await openLive(server.url, token);
    live.send(new Uint8Array([0xff, 0x00]));
    await expect.poll(() => live.replies()).toMatchObject([{ status: "ERROR", error: "not-utf8" }]);
    expect(await live.ask("")).toMatchObject({ status: "ERROR", error: "unknown-command" });
    await nap(name);
    live.send("x".repeat(limits.bodyMaxBytes + 1));
    await expect.poll(() => live.closedWith()).toBe(1009);
  });
});

test("What has a rate of its own goes by no socket.", async () => {
  const { name, token } = await somebody();
  const live = await openLive(server.url, token);
  for (const line of [`auth ${name} rahasia-sekali`, "register baru rahasia-sekali", "retry jakarta"]) {
    expect(await live.ask(line)).toMatchObject({ status: "ERROR", error: "post-command-only" });
  }
  expect(await live.ask("help")).toMatchObject({ status: "OK" });
  live.close();
});

test("A logout over a socket is answered before the socket closes.", async () => {
  const { token } = await somebody();
  const live = await openLive(server.url, token);
  live.send("logout");
  await expect.poll(() => live.closedWith()).toBe(4401);
  expect(live.frames.map(({ status, event }) => status ?? event).slice(-2)).toEqual(["OK", "session-ended"]);
});

test("A session that has ended hears nothing more, however long its last replies take.", async () => {
  const { name, token } = await somebody();
  const [other = ""] = await server.crowd([`${name}-lagi`]);
  const live = await openLive(server.url, token);
  live.send("inbox after=999 wait=25");
  expect((await server.command("whoami", { token })).status).toBe(200);
  await server.command("logout", { token });
  await server.command(`sendprivate ${name} rahasia`, { token: other });
  await expect.poll(() => live.closedWith(), { timeout: 5_000 }).toBe(4401);
  expect(live.events("session-ended")).toHaveLength(1);
  expect(live.events("message")).toEqual([]);
});

test("A long history is told to its end, once and in order, also when the object is to sleep meanwhile.", async () => {
  const { name, token } = await withMessages(1500, "hex(zeroblob(500))");
  const live = await openLive(server.url, token, 0);
  await server.evict(name);
  await expect.poll(() => live.events("live"), { timeout: 20_000 }).toHaveLength(1);
  const ids = live.events("message").map(({ data }) => (data as { id: number }).id);
  expect(ids).toEqual(Array.from({ length: 1500 }, (_, n) => n + 1));
  live.close();
});

test("A history that is longer than a socket is told goes on at the next one, none left out and none twice.", async () => {
  const { token } = await withMessages(100, "hex(zeroblob(16000))");
  const ids: number[] = [];
  const read = async () => {
    const live = await openLive(server.url, token, ids.at(-1) ?? 0);
    await expect.poll(() => live.closedWith() ?? live.events("live").length, { timeout: 20_000 }).toBeGreaterThan(0);
    ids.push(...live.events("message").map(({ data }) => (data as { id: number }).id));
    live.close();
    return live.closedWith();
  };
  expect(await read()).toBe(4413);
  expect(ids.length * 32_000).toBeLessThan(limits.backfillMaxChars + 64 * 32_000);
  expect(await read()).toBe(null);
  expect(ids).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
});

test("A page that is too long for a frame is refused, and can be read piece by piece.", async () => {
  const { token } = await withMessages(2000, "hex(zeroblob(500))");
  const live = await openLive(server.url, token);
  expect(await live.ask("inbox")).toMatchObject({ status: "ERROR", error: "reply-too-large" });
  expect((await live.ask("inbox last=500")).data).toHaveLength(500);
  live.close();
});

test("A socket counts until its reader has closed it too: what it was told waits for them.", async () => {
  const { token } = await withMessages(100, "hex(zeroblob(16000))");
  /** Opens a socket, and never reads from it. */
  const openUnread = () => {
    const socket = connect(Number(server.url.port), "127.0.0.1");
    socket.pause();
    const offer = `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\nSec-WebSocket-Protocol: ranah, ${token}`;
    socket.write(
      `GET /live?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${offer}\r\n\r\n`,
    );
    return socket;
  };
  const isRefused = () =>
    openLive(server.url, token).then(
      (live) => {
        live.close();
        return false;
      },
      () => true,
    );
  const unread = Array.from({ length: limits.socketsPerAccount }, openUnread);
  await expect.poll(isRefused, { timeout: 10_000 }).toBe(true);
  // Long after each was told to go on elsewhere.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await isRefused()).toBe(true);
  for (const socket of unread) socket.destroy();
  await expect.poll(isRefused, { timeout: 10_000 }).toBe(false);
});

test("No reply is longer than a frame may be, whether its page was one chunk or many.", async () => {
  // Short ones first, so that the chunk which begins with them takes many of the long ones.
  const { token } = await withMessages(55, "iif(i <= 8, 'pendek', hex(zeroblob(32000)))");
  const live = await openLive(server.url, token);
  expect(await live.ask("inbox")).toMatchObject({ status: "ERROR", error: "reply-too-large" });
  expect((await live.ask("inbox limit=20")).data).toHaveLength(20);
  live.close();
});

test("An account has at most 16 sockets; one that closes makes room.", async () => {
  const { token } = await somebody();
  const open = await Promise.all(Array.from({ length: limits.socketsPerAccount }, () => openLive(server.url, token)));
  await expect(openLive(server.url, token)).rejects.toThrow();
  open[0]?.close();
  await expect.poll(() => open[0]?.closedWith()).not.toBe(null);
  const again = await openLive(server.url, token);
  for (const live of [...open, again]) live.close();
});

test("Without a session there is no socket.", async () => {
  const { token } = await somebody();
  await server.command("logout", { token });
  await expect(openLive(server.url, token)).rejects.toThrow();
  await expect(openLive(server.url, "rnh_budi_kurang")).rejects.toThrow();
  const plain = await fetch(new URL("/live", server.url));
  expect(plain.status).toBe(426);
  expect(plain.headers.get("error-code")).toBe("upgrade-required");
});
