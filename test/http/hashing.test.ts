import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { errorBody, type Reply } from "../support/command.ts";
import { useServer } from "../support/realm.ts";

const server = useServer();
// One hash is at work, as many wait as may wait, and a few more come between two hashes.
const names = Array.from({ length: limits.hashQueueMax + 12 }, (_, n) => `pemakai${n + 1}`);
const password = "rahasia-bersama";

/** The logins in the order of their answers. */
const logins: { at: number; reply: Reply }[] = [];
/** How long sends took, before the logins and while they were under way. */
const calm: number[] = [];
const waits: number[] = [];

beforeAll(async () => {
  await server.command(`register pemilik ${password}`);
  const [owner] = await server.sql<{ verifier: string }>("pemilik", "select verifier from accounts");
  const [token = ""] = await server.crowd(["penulis", ...names]);
  // One hash serves them all: to make one for each would take longer than the tests.
  await Promise.all(names.map((name) => server.sql(name, `update accounts set verifier = '${owner?.verifier}'`)));

  const send = () => timed(() => server.command("sendprivate penulis satu lagi", { token }));
  while (calm.length < 20) calm.push(await send());
  const all = Promise.all(
    names.map(async (name) => {
      const reply = await server.command(`auth ${name} ${password}`);
      logins.push({ at: performance.now(), reply });
    }),
  );
  while (logins.length < names.length) waits.push(await send());
  await all;
});

test("While dozens of people log in at once no send waits longer than two hashes take.", () => {
  // The time of a hash is the longest between two logins, in the same weather as the sends.
  const done = logins.filter(({ reply }) => reply.status === 200).map(({ at }) => at);
  const hashMs = Math.max(...done.slice(1).map((at, index) => at - (done[index] ?? at)));
  // Sends that took two hashes each would be half as many as there were hashes.
  expect(waits.length).toBeGreaterThan(limits.hashQueueMax / 4);
  expect(Math.max(...waits)).toBeLessThan(2 * hashMs + Math.max(...calm));
});

test("Logins beyond the queue are told to come back, and all in the queue succeed.", () => {
  const shed = logins.filter(({ reply }) => reply.status !== 200).map(({ reply }) => reply);
  expect(shed.length).toBeGreaterThan(0);
  expect(logins.length - shed.length).toBeGreaterThanOrEqual(limits.hashQueueMax);
  const seconds = Math.ceil(limits.hashQueueMax / 4);
  for (const reply of shed) {
    expect(reply.status).toBe(429);
    expect(reply.headers).toMatchObject({ "error-code": "busy", "retry-after": String(seconds) });
    expect(reply.text).toBe(errorBody(`Server sedang sibuk; coba lagi ${seconds} detik lagi`));
  }
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
