import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KillableServer } from "../support/killable-server.ts";

const mib = 1024 * 1024;

const chars = 500;
/** Durable Objects checkpoint at 1,000 pages of 4 KiB. A half-read cursor prevents that. */
const fullBytes = 4 * mib;

// The log of a self-hosted server: test/selfhost/checkpointer.test.ts.
describe("the write-ahead log of a Durable Object", () => {
  const server = new KillableServer({ REALM: "surabaya", REALMS: "" }, "wrangler");
  beforeAll(() => server.start());
  afterAll(() => server.dispose());

  test("is checkpointed and does not grow, even with many reads between the writes", async () => {
    const [budi = "", ani = ""] = await Promise.all(
      ["budi", "ani"].map(async (name) => {
        await server.command(`register ${name} rahasia-${name}`);
        const reply = await server.command(`auth ${name} rahasia-${name}`);
        return (reply.json.data as { token: string }).token;
      }),
    );
    const send = async (times: number) => {
      for (let n = 0; n < times; n++) await server.command(`sendprivate ani ${"x".repeat(chars)}`, { token: budi });
    };
    // A short message changes three pages at least.
    await send(Math.ceil(fullBytes / Math.max(chars, 3 * 4096)) + 100);
    const before = server.largestWalBytes();
    for (let round = 0; round < 30; round++) {
      for (const [line, token] of [
        ["inbox last=20", ani],
        ["sent last=20", budi],
        ["thread last=20 ani", budi],
        ["threads", ani],
      ] as const)
        expect((await server.command(line, { token })).status).toBe(200);
      await send(10);
    }
    expect(before).toBeGreaterThan(fullBytes / 4);
    expect(server.largestWalBytes() - before).toBeLessThan(mib);
  });
});
