import { beforeAll, describe, expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { errorBody, type Reply } from "../support/command.ts";
import { shardCount, useServer } from "../support/test-server.ts";

const password = "rahasia-bersama";
const many = limits.hashQueueMax + 12;

// One project is enough for dozens of hashes.
describe.runIf(shardCount === 1)("A rush of registrations", () => {
  const server = useServer();
  /** In order of their answers. */
  const registrations: { at: number; reply: Reply }[] = [];
  /** Durations of sends in ms, before the registrations and during them. */
  const idleLatencies: number[] = [];
  const loadedDurations: number[] = [];
  /** Logins during the registrations, and how many registrations were answered while each one ran. */
  const logins: { reply: Reply; overtaken: number }[] = [];

  beforeAll(async () => {
    await server.command(`register pemilik ${password}`);
    const [token = ""] = await server.seedAccounts(["penulis"]);
    const send = () => timed(() => server.command("sendprivate penulis satu lagi", { token }));
    while (idleLatencies.length < 20) idleLatencies.push(await send());

    const registering = Promise.all(
      Array.from({ length: many }, async (_, n) => {
        const reply = await server.command(`register pemakai${n} ${password}`);
        registrations.push({ at: performance.now(), reply });
      }),
    );
    const writing = (async () => {
      while (registrations.length < many) loadedDurations.push(await send());
    })();
    await vi.waitFor(() => expect(succeeded().length).toBeGreaterThan(1), { interval: 10, timeout: 10_000 });
    while (logins.length < 4) {
      const before = succeeded().length;
      const reply = await server.command(`auth pemilik ${password}`);
      logins.push({ reply, overtaken: succeeded().length - before });
    }
    await Promise.all([registering, writing]);
  });

  const succeeded = () => registrations.filter(({ reply }) => reply.status === 200);

  test("a send takes no longer than two hashes", () => {
    // The time of a hash is the longest interval between two answers, under the same load as the sends.
    const done = succeeded().map(({ at }) => at);
    const hashMs = Math.max(...done.slice(1).map((at, index) => at - (done[index] ?? at)));
    // If each send took two hashes, there would be half as many sends as hashes.
    expect(loadedDurations.length).toBeGreaterThan(succeeded().length / 4);
    const late = loadedDurations.filter((ms) => ms >= 2 * hashMs + Math.max(...idleLatencies));
    // One outlier is allowed for other load of the machine.
    expect(late.length).toBeLessThanOrEqual(1);
  });

  test("a login waits only for the running registration, not for queued ones", () => {
    for (const { reply, overtaken } of logins) {
      expect(reply.status).toBe(200);
      expect(overtaken).toBeLessThanOrEqual(2);
    }
    // The test means something only if the logins ran while registrations were queued.
    expect(logins.length).toBeLessThan(limits.hashQueueMax / 2);
  });

  test("registrations beyond the queue limit get 429 with Retry-After, and queued ones succeed until their time is over", () => {
    const shed = registrations.filter(({ reply }) => reply.status !== 200).map(({ reply }) => reply);
    expect(shed.length).toBeGreaterThan(0);
    expect(succeeded().length).toBeGreaterThan(4);
    const seconds = limits.hashRetrySeconds;
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
