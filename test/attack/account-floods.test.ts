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
  // Lines that are no commands count too.
  const lines = "whoami\nhelp\nbukan-command\n".repeat(burst / 3 + 2);
  const bulk = await sendRequest(new URL("/commands", server.url), "POST", lines, {
    authorization: `Bearer ${mira}`,
    "accept-language": "en",
  });
  const answers = bulk.text.split("\r\n\r\n").filter(Boolean);
  expect(answers).toHaveLength(burst + 6);
  expect(answers.filter((answer) => answer.includes("slow-down")).length).toBeGreaterThan(0);
  const live = await openLive(server.url, mira);
  for (let n = 0; n < 8; n++) live.send("whoami");
  await expect.poll(() => live.replies().length).toBe(8);
  expect(JSON.stringify(live.replies())).toContain("slow-down");
  live.close();
});

test("a stranger with an invented token is refused, and costs the account that it names nothing", async () => {
  const [rina = ""] = await server.seedAccounts(["rina"]);
  const invented = `rnh_rina_${"A".repeat(43)}`;
  for (const path of ["/commands", "/command"]) {
    for (let n = 0; n < 5; n++) {
      const { status, text } = await sendRequest(
        new URL(path, server.url),
        "POST",
        "help\n".repeat(path === "/commands" ? 500 : 1),
        {
          authorization: `Bearer ${invented}`,
        },
      );
      if (path === "/commands") expect([status, text.length < 1000]).toEqual([401, true]);
    }
  }
  for (let n = 0; n < burst - 5; n++) expect((await server.command("whoami", { token: rina })).status).toBe(200);
});

test("replies over a live socket are paid for", async () => {
  const [budi = ""] = await server.seedAccounts(["budi"]);
  for (let n = 0; n < 4; n++) await server.command(`sendprivate budi ${"x".repeat(4000)}`, { token: budi });
  const live = await openLive(server.url, budi);
  // Each reply is 16 KiB: it counts as two commands.
  for (let n = 0; n < burst; n++) live.send("inbox last=4");
  await expect.poll(() => JSON.stringify(live.replies().at(-1))).toContain("slow-down");
  expect(live.replies().filter(({ status }) => status === "OK").length).toBeLessThan((2 * burst) / 3);
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
  expect(headers["ratelimit-policy"]).toBe(`"commands";q=${burst};w=${limits.accountBurstSeconds}`);
  expect(headers.ratelimit).toBe(`"commands";r=0;t=${headers["retry-after"]}`);
}
