import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { sendRequest } from "../support/command.ts";
import { hibernates, useServer } from "../support/test-server.ts";

const server = useServer({ FEDERATION: "open", PEERS: "" });

test("a stranger whose 500 requests are refused causes a few log lines", async () => {
  const url = new URL("/federation/echo", server.url);
  for (let n = 0; n < 500; n++) {
    const { status } = await sendRequest(url, "POST", '{"text":"x"}', { "content-type": "application/json" });
    expect(status).toBe(401);
  }
  const lines = () => server.logs().match(/peer-signature-rejected/g) ?? [];
  await expect.poll(() => lines().length).toBeGreaterThan(0);
  // A minute may have ended meanwhile.
  expect(lines().length).toBeLessThanOrEqual(2 * limits.logLinesPerMinute + 1);
});

// wrangler logs each request.
test.skipIf(hibernates)("replies that are broken off one after the other write no log", async () => {
  const [token = ""] = await server.seedAccounts(["boros"]);
  const logged = () => server.logs().length;
  const before = logged();
  const url = new URL("/commands", server.url);
  const waits = Array.from({ length: 200 }, () =>
    sendRequest(url, "POST", "inbox after=1000 wait=2", { authorization: `Bearer ${token}` }).catch(() => null),
  );
  await Promise.all(waits);
  expect(logged() - before).toBeLessThan(5_000);
});
