import { afterAll, expect, test } from "vitest";
import { fuzz } from "../fuzz/fuzz.ts";
import { FakePeer } from "../support/fake-peer.ts";
import { setPassword } from "../support/session.ts";
import { useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const server = useServer({
  LOCAL_PEERS: "yes",
  PEERS: JSON.stringify({ malang: await malang.start() }),
  PEER_RATE: 1_000_000,
  ACCOUNT_RATE: 1_000_000,
});
afterAll(() => malang.stop());

// `npm run fuzz` sends a million.
test("20,000 generated inputs get an answer in the form of the protocol, and none of 500 or more", async () => {
  const [token = ""] = await server.seedAccounts(["budi"]);
  // `auth budi …` may be among the inputs.
  await setPassword(server, "budi", "rahasia-budi");
  await server.command("creategroup tim", { token });
  const { problems, statuses, inputs } = await fuzz({ server, peer: malang, token, count: 20_000, seed: 1 });
  expect(problems).toEqual([]);
  expect(inputs).toBe(20_000);
  console.info(`answers: ${JSON.stringify(statuses)}`);
  // Some of everything got through to the work itself.
  expect(statuses[200]).toBeGreaterThan(500);
  expect(statuses[400]).toBeGreaterThan(500);
}, 300_000);
