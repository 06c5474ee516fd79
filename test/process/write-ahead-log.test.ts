import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { KillableServer } from "../support/killable-server.ts";

const mib = 1024 * 1024;

describe.each([
  // Durable Objects checkpoint at 1,000 pages of 4 KiB. A half-read cursor prevents that.
  { launcher: "wrangler", chars: 500, fullBytes: 4 * mib },
  { launcher: "serve", chars: 60_000, fullBytes: limits.checkpointPages * limits.databasePageBytes },
] as const)("the write-ahead log under $launcher", ({ launcher, chars, fullBytes }) => {
  const server = new KillableServer({ REALM: "surabaya", REALMS: "" }, launcher);
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
    for (let round = 0; round < 60; round++) {
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
