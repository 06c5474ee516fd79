import { afterAll, beforeAll, expect, test } from "vitest";
import { KillableServer } from "../support/killable-server.ts";

const server = new KillableServer({ REALM: "surabaya", REALMS: "" }, "serve");
beforeAll(() => server.start());
afterAll(() => server.dispose());

test("the write-ahead log is checkpointed and does not grow, even with many reads between the writes", async () => {
  const [budi = "", ani = ""] = await Promise.all(
    ["budi", "ani"].map(async (name) => {
      await server.command(`register ${name} rahasia-${name}`);
      const reply = await server.command(`auth ${name} rahasia-${name}`);
      return (reply.json.data as { token: string }).token;
    }),
  );
  const send = async (times: number) => {
    for (let n = 0; n < times; n++) await server.command(`sendprivate ani ${"x".repeat(500)}`, { token: budi });
  };
  // SQLite checkpoints its log at 1,000 pages of 4 KiB. A read statement that stays open prevents that.
  await send(600);
  const before = server.largestWalBytes();
  for (let round = 0; round < 60; round++) {
    for (const [line, token] of [
      ["inbox", ani],
      ["sent", budi],
      ["thread ani", budi],
      ["threads", ani],
    ] as const)
      expect((await server.command(line, { token })).status).toBe(200);
    await send(10);
  }
  expect(before).toBeGreaterThan(1024 * 1024);
  expect(server.largestWalBytes() - before).toBeLessThan(1024 * 1024);
});
