import { expect, test } from "vitest";
import { exampleClient, runExampleClient } from "../protocol/example-client.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();

test("the README's client logs in, sends once and prints what arrives", async () => {
  expect(exampleClient).not.toBe("");
  await server.signUp("budi");
  const ani = await server.signUp("ani");
  const client = runExampleClient([String(server.url), "budi", "rahasia-budi", "ani", "halo", "ani"]);
  await client.printed("Pesan terkirim ke ani@surabaya");
  const { json } = await server.command("inbox", { token: ani });
  expect(json.data).toMatchObject([{ from: "budi@surabaya", text: "halo ani" }]);
  // The client's read waits, and the message ends the wait.
  await server.command("sendprivate budi halo juga", { token: ani });
  await client.printed("ani@surabaya: halo juga");
  await client.stop();
});
