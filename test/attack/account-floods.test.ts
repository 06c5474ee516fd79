import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Reply, sendRequest } from "../support/command.ts";
import { openLive } from "../support/live-socket.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer({ SHARDS: 1, ACCOUNT_RATE: 1 });
const burst = limits.accountBurstSeconds;

test("an account that floods is refused with the time to wait, nothing that was accepted is lost, and others are served", async () => {
  const [eve = "", ani = ""] = await server.seedAccounts(["eve", "ani"]);
  const replies = await Promise.all(
    Array.from({ length: burst + 40 }, (_, n) => server.command(`sendprivate ani pesan-${n}`, { token: eve })),
  );
  const accepted = replies.filter(({ status }) => status === 200);
  // The bucket fills again meanwhile.
  expect(accepted.length).toBeGreaterThanOrEqual(burst - 1);
  const refused = replies.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const reply of refused) expectSlowDown(reply);
  const inbox = await server.command(`inbox last=${2 * burst}`, { token: ani });
  expect(inbox.json.data).toHaveLength(accepted.length);
});

test("every door counts: bulk requests and live sockets", async () => {
  const [mira = ""] = await server.seedAccounts(["mira"]);
  const lines = `${"whoami\n".repeat(burst + 5)}`;
  const bulk = await sendRequest(new URL("/commands", server.url), "POST", lines, {
    authorization: `Bearer ${mira}`,
    "accept-language": "en",
  });
  const answers = bulk.text.split("\r\n\r\n").filter(Boolean);
  expect(answers).toHaveLength(burst + 5);
  expect(answers.filter((answer) => answer.includes("slow-down")).length).toBeGreaterThan(0);
  const live = await openLive(server.url, mira);
  for (let n = 0; n < 8; n++) live.send("whoami");
  await expect.poll(() => live.replies().length).toBe(8);
  expect(JSON.stringify(live.replies())).toContain("slow-down");
  live.close();
});

test("a refusal is late, so that a client that repeats it at once costs little", async () => {
  const [siti = ""] = await server.seedAccounts(["siti"]);
  await Promise.all(Array.from({ length: burst + 1 }, () => server.command("whoami", { token: siti })));
  const start = performance.now();
  for (let n = 0; n < 2; n++) await server.command("whoami", { token: siti });
  expect(performance.now() - start).toBeGreaterThan(limits.refusalDelayMs / 2);
});

function expectSlowDown({ status, headers }: Reply): void {
  expect([status, headers["error-code"]]).toEqual([429, "slow-down"]);
  expect(Number(headers["retry-after"])).toBeGreaterThan(0);
}
