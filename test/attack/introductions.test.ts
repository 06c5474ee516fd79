import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { sendSigned } from "../support/fake-peer.ts";
import { signRequest } from "../support/signing.ts";
import { useServer } from "../support/test-server.ts";

// The first server never serves these names, so each fetch of keys fails; the log says whether there was one.
const server = useServer({ FEDERATION: "open", PEERS: "" });
const { privateKey: key } = generateKeyPairSync("ed25519");

/** A request of a realm that this one has never heard of. @returns the problem in the log */
async function introduce(from: string, client: string): Promise<string> {
  const logged = server.logs().length;
  const request = signRequest({
    ...{ path: "/federation/echo", body: '{"text":"x"}', from, to: "surabaya", keyId: "1", key },
  });
  const { status } = await sendSigned(server.url, {
    ...request,
    headers: { ...request.headers, ...addressed(client) },
  });
  expect(status).toBe(503);
  const problem = () => new RegExp(`from: '${from}',\\s+problem: '([a-z-]+)'`).exec(server.logs().slice(logged))?.[1];
  await expect.poll(problem, { timeout: 10_000 }).toBeTruthy();
  return problem() ?? "";
}

/** Cloudflare's header, which a local workerd takes as it comes, and that of a proxy on this machine. */
const addressed = (client: string) => ({ "cf-connecting-ip": client, "x-forwarded-for": client });

test.skipIf(process.env.TEST_SERVER === "wrangler")(
  "many names with worthless signatures from one address keep no other realm from introducing itself",
  async () => {
    const problems: string[] = [];
    for (let n = 0; n < 20; n++) problems.push(await introduce(`r${n}.palsu${n}.example`, "2001:db8:1:2::1"));
    const fetched = problems.filter((problem) => problem !== "key-fetch-rate-limited");
    expect(fetched.length).toBeGreaterThanOrEqual(limits.keyFetchesPerClientPerMinute);
    expect(fetched.length).toBeLessThan(2 * limits.keyFetchesPerClientPerMinute);
    // Another address of the same /64 network is the same client.
    expect(await introduce("lain.example", "2001:db8:1:2:ffff::9")).toBe("key-fetch-rate-limited");
    expect(await introduce("jujur.example", "192.0.2.1")).not.toBe("key-fetch-rate-limited");
  },
);
