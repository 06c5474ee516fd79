import { expect, test } from "vitest";
import { closeCodes } from "../../src/protocol/events.ts";
import { openLive } from "../support/live-socket.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer({}, "test/worker/damaging-worker.ts");

test("a shard starts although the attachment of a socket is damaged, and closes only that socket", async () => {
  const [token = ""] = await server.seedAccounts(["budi"]);
  const [damaged, intact] = [await openLive(server.url, token), await openLive(server.url, token)];
  damaged.send("damage");
  await intact.command("whoami");
  await server.evict("budi");
  expect((await server.command("sendprivate budi halo", { token })).status).toBe(200);
  await expect.poll(() => damaged.closeCode()).toBe(closeCodes.stateLost);
  await expect.poll(() => intact.events("message")).toHaveLength(1);
  expect(damaged.events("message")).toEqual([]);
  expect(server.logs()).toContain("socket-state-invalid");
});
