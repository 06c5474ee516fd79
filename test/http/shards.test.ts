import { afterAll, beforeAll, expect, test } from "vitest";
import { shardOf } from "../../src/shard-api/shard-names.ts";
import { errorBody, exchange, okBody, type Reply } from "../support/command.ts";
import { bring, FakePeer } from "../support/fake-peer.ts";
import { jakarta, shards, useServer } from "../support/realm.ts";

const malang = new FakePeer("malang");
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
/** The other counts that a realm of this project's count is opened with. */
const others = shards === 1 ? [4] : [1, 2];
/** One name for each object that the realm has under any of these counts. */
const names = Array.from({ length: 4 }, (_, shard) => nameIn(shard));
let tokens: string[];

beforeAll(async () => {
  tokens = await server.crowd(names);
  for (const [n, token] of tokens.entries()) {
    await server.command(`sendprivate ${names[(n + 1) % names.length]} dari ${names[n]}`, { token });
  }
});

afterAll(() => malang.stop());

test.each(others)(
  "A realm born with another shard count than SHARDS = %s refuses until it is put back.",
  async (count) => {
    await server.restart({ SHARDS: count });
    const refusal = errorBody(
      `Realm ini lahir dengan ${shards} shard, tetapi SHARDS sekarang ${count}. Kembalikan SHARDS = ${shards}`,
    );
    const english = errorBody(
      `This realm was born with ${shards} shards, but SHARDS is ${count} now. Set SHARDS = ${shards} again`,
    );
    for (const [n, token] of tokens.entries()) {
      expectRefused(await server.command(`sendprivate ${names[n]} jangan sampai`, { token }), refusal);
      expectRefused(await server.command("inbox", { token }), refusal);
      // Names that would be new, so that nobody registers in a place where the realm will not look again.
      expectRefused(await server.command(`register ${names[n]}-baru rahasia-baru`), refusal);
      expectRefused(await server.command("whoami", { token, english: true }), english);
    }
    expectRefused(await healthz(), refusal);
    // A peer is not refused for good: it keeps what it has, and comes again.
    const to = "nihil@surabaya";
    for (const request of [
      malang.delivery("surabaya", [{ to }]),
      malang.delivery("surabaya", []),
      malang.signed("/federation/echo", '{"text":"halo"}', "surabaya"),
      malang.signed(
        "/federation/query",
        JSON.stringify({ kind: "read-group", group: to, by: "rina@malang", page: {} }),
        "surabaya",
      ),
    ]) {
      const reply = await bring(server.url, request);
      expectRefused(reply, refusal);
      expect(reply.headers["retry-after"]).toBe("60");
    }

    await server.restart({ SHARDS: shards });
    expect((await healthz()).text).toBe(okBody({ realm: "surabaya" }));
    const again = await bring(server.url, malang.delivery("surabaya", [{ to }]));
    expect([again.status, again.text]).toEqual([200, '{"results":[{"state":"failed","reason":"no-such-user"}]}']);
    for (const [n, token] of tokens.entries()) {
      const inbox = await server.command("inbox", { token });
      const writer = names[(n + names.length - 1) % names.length];
      expect(inbox.json.data).toMatchObject([{ id: 1, from: `${writer}@surabaya`, text: `dari ${writer}` }]);
      expect((await server.command(`auth ${names[n]}-baru rahasia-baru`)).status).toBe(401);
    }
  },
);

test("A realm that is not yet born is born with the shard count of its first request.", async () => {
  const [other = 0] = others;
  await server.restart({ SHARDS: other });
  expect((await healthz(jakarta)).text).toBe(okBody({ realm: "jakarta" }));
  await server.restart({ SHARDS: shards });
  const refusal = `Realm ini lahir dengan ${other} shard, tetapi SHARDS sekarang ${shards}. Kembalikan SHARDS = ${other}`;
  expectRefused(await healthz(jakarta), errorBody(refusal));
});

function healthz(host?: string): Promise<Omit<Reply, "json">> {
  return exchange(new URL("/healthz", server.url), "GET", "", host ? { host } : {});
}

function expectRefused(reply: Omit<Reply, "json">, body: string): void {
  expect(reply.status).toBe(503);
  expect(reply.headers["error-code"]).toBe("shards-changed");
  expect(reply.text).toBe(body);
}

/** A name that lives in this shard of four; the four of them cover both shards of two. */
function nameIn(shard: number): string {
  let n = 0;
  while (shardOf(`nama${n}` as never, 4) !== shard) n++;
  return `nama${n}`;
}
