import { afterAll, beforeAll, expect, test } from "vitest";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { errorBody, okBody, type Reply, sendRequest } from "../support/command.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { jakartaHost, shardCount, useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
/** Other shard counts that the realm is restarted with. */
const others = shardCount === 1 ? [4] : [1, 2];
/** One user name for each object that the realm has under any of these counts. */
const names = Array.from({ length: 4 }, (_, shard) => nameIn(shard));
let tokens: string[];

beforeAll(async () => {
  tokens = await server.seedAccounts(names);
  for (const [n, token] of tokens.entries()) {
    await server.command(`sendprivate ${names[(n + 1) % names.length]} dari ${names[n]}`, { token });
  }
});

afterAll(() => malang.stop());

test.each(others)(
  "a realm created with another shard count than SHARDS = %s rejects requests until it is set back",
  async (count) => {
    await server.restart({ SHARDS: count });
    const refusal = errorBody(
      `Realm ini dibuat dengan ${shardCount} shard, tetapi SHARDS sekarang ${count}. Kembalikan SHARDS = ${shardCount}`,
    );
    const english = errorBody(
      `This realm was created with ${shardCount} shards, but SHARDS is ${count} now. Set SHARDS = ${shardCount} again`,
    );
    for (const [n, token] of tokens.entries()) {
      expectRefused(await server.command(`sendprivate ${names[n]} jangan sampai`, { token }), refusal);
      expectRefused(await server.command("inbox", { token }), refusal);
      // A new name must not register in a shard that the realm does not use after SHARDS is set back.
      expectRefused(await server.command(`register ${names[n]}-baru rahasia-baru`), refusal);
      expectRefused(await server.command("whoami", { token, english: true }), english);
    }
    expectRefused(await healthz(), refusal);
    // For a peer the failure is temporary: it keeps its messages and retries.
    const to = "nihil@surabaya";
    for (const request of [
      malang.signedDelivery("surabaya", [{ to }]),
      malang.signedDelivery("surabaya", []),
      malang.signedRequest("/federation/echo", '{"text":"halo"}', "surabaya"),
      malang.signedRequest(
        "/federation/query",
        JSON.stringify({ kind: "read-group", group: to, by: "rina@malang", page: {} }),
        "surabaya",
      ),
    ]) {
      const reply = await sendSigned(server.url, request);
      expectRefused(reply, refusal);
      expect(reply.headers["retry-after"]).toBe("60");
    }

    await server.restart({ SHARDS: shardCount });
    expect((await healthz()).text).toBe(okBody({ realm: "surabaya" }));
    const again = await sendSigned(server.url, malang.signedDelivery("surabaya", [{ to }]));
    expect([again.status, again.text]).toEqual([200, '{"results":[{"state":"failed","reason":"no-such-user"}]}']);
    for (const [n, token] of tokens.entries()) {
      const inbox = await server.command("inbox", { token });
      const writer = names[(n + names.length - 1) % names.length];
      expect(inbox.json.data).toMatchObject([{ id: 1, from: `${writer}@surabaya`, text: `dari ${writer}` }]);
      expect((await server.command(`auth ${names[n]}-baru rahasia-baru`)).status).toBe(401);
    }
  },
);

test("a new realm is created with the shard count of its first request", async () => {
  const [other = 0] = others;
  await server.restart({ SHARDS: other });
  expect((await healthz(jakartaHost)).text).toBe(okBody({ realm: "jakarta" }));
  await server.restart({ SHARDS: shardCount });
  const refusal = `Realm ini dibuat dengan ${other} shard, tetapi SHARDS sekarang ${shardCount}. Kembalikan SHARDS = ${other}`;
  expectRefused(await healthz(jakartaHost), errorBody(refusal));
});

function healthz(host?: string): Promise<Omit<Reply, "json">> {
  return sendRequest(new URL("/healthz", server.url), "GET", "", host ? { host } : {});
}

function expectRefused(reply: Omit<Reply, "json">, body: string): void {
  expect(reply.status).toBe(503);
  expect(reply.headers["error-code"]).toBe("shards-changed");
  expect(reply.text).toBe(body);
}

/** A user name that belongs to this shard of four. The four names also cover both shards of two. */
function nameIn(shard: number): string {
  let n = 0;
  while (shardIndexOf(`nama${n}` as never, 4) !== shard) n++;
  return `nama${n}`;
}
