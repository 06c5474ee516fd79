import { beforeAll, describe, expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { errorBody, type Reply } from "../support/command.ts";
import { shards, useServer } from "../support/realm.ts";

const password = "rahasia-bersama";
const many = limits.hashQueueMax + 12;

// One object hashes for the whole realm, whatever the number of shards: once is enough for dozens of hashes.
describe.runIf(shards === 1)("A rush of registrations", () => {
  const server = useServer();
  /** In the order of their answers. */
  const registrations: { at: number; reply: Reply }[] = [];
  /** How long sends took, before the rush and during it. */
  const calm: number[] = [];
  const waits: number[] = [];
  /** Logins during the rush, and how many registrations were answered while each was under way. */
  const logins: { reply: Reply; overtaken: number }[] = [];

  beforeAll(async () => {
    await server.command(`register pemilik ${password}`);
    const [token = ""] = await server.crowd(["penulis"]);
    const send = () => timed(() => server.command("sendprivate penulis satu lagi", { token }));
    while (calm.length < 20) calm.push(await send());

    const rush = Promise.all(
      Array.from({ length: many }, async (_, n) => {
        const reply = await server.command(`register pemakai${n} ${password}`);
        registrations.push({ at: performance.now(), reply });
      }),
    );
    const writing = (async () => {
      while (registrations.length < many) waits.push(await send());
    })();
    await vi.waitFor(() => expect(succeeded().length).toBeGreaterThan(1), { interval: 10, timeout: 10_000 });
    while (logins.length < 4) {
      const before = succeeded().length;
      const reply = await server.command(`auth pemilik ${password}`);
      logins.push({ reply, overtaken: succeeded().length - before });
    }
    await Promise.all([rush, writing]);
  });

  const succeeded = () => registrations.filter(({ reply }) => reply.status === 200);

  test("No send waits longer than two hashes take.", () => {
    // The time of a hash is the longest between two answers, in the same weather as the sends.
    const done = succeeded().map(({ at }) => at);
    const hashMs = Math.max(...done.slice(1).map((at, index) => at - (done[index] ?? at)));
    // Sends that took two hashes each would be half as many as there were hashes.
    expect(waits.length).toBeGreaterThan(limits.hashQueueMax / 4);
    const late = waits.filter((ms) => ms >= 2 * hashMs + Math.max(...calm));
    // One may have met something else that the machine does.
    expect(late.length).toBeLessThanOrEqual(1);
  });

  test("Logins go before registrations: each waits for the one that is at work, and for no other.", () => {
    for (const { reply, overtaken } of logins) {
      expect(reply.status).toBe(200);
      expect(overtaken).toBeLessThanOrEqual(2);
    }
    // They came while registrations were waiting, or they have shown nothing.
    expect(logins.length).toBeLessThan(limits.hashQueueMax / 2);
  });

  test("Registrations beyond the queue are told to come back, and all in the queue succeed.", () => {
    const shed = registrations.filter(({ reply }) => reply.status !== 200).map(({ reply }) => reply);
    expect(shed.length).toBeGreaterThan(0);
    expect(succeeded().length).toBeGreaterThanOrEqual(limits.hashQueueMax);
    const seconds = Math.ceil(limits.hashQueueMax / 4);
    for (const reply of shed) {
      expect(reply.status).toBe(429);
      expect(reply.headers).toMatchObject({ "error-code": "busy", "retry-after": String(seconds) });
      expect(reply.text).toBe(errorBody(`Server sedang sibuk; coba lagi ${seconds} detik lagi`));
    }
  });
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
