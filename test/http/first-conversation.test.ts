import { expect, test } from "vitest";
import { okBody } from "../support/command.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();

test("users of two realms register, exchange messages and share a group", async () => {
  expect((await server.command("register budi rahasia-sekali")).text).toBe(okBody("Pengguna budi terdaftar"));
  expect((await server.command("register ani rahasia-juga", { host: jakartaHost })).status).toBe(200);
  const budi = await tokenOf("auth budi rahasia-sekali");
  const ani = await tokenOf("auth ani rahasia-juga", jakartaHost);

  const sent = await server.command("sendprivate ani@jakarta halo dari Surabaya", { token: budi });
  expect(sent.text).toBe(okBody("Pesan terkirim ke ani@jakarta"));
  expect(sent.headers["delivery-state"]).toBe("delivered");
  expect(sent.headers["message-id"]).toBe("1");
  const inbox = await server.command("inbox", { token: ani, host: jakartaHost });
  expect(inbox.json.data).toMatchObject([{ id: 1, from: "budi@surabaya", text: "halo dari Surabaya" }]);

  expect((await server.command("creategroup tim", { token: budi })).text).toBe(okBody("Group tim dibuat"));
  await server.command("sendgroup tim@surabaya halo semua", { token: ani, host: jakartaHost });
  await server.command("sendgroup tim halo ani", { token: budi });
  for (const [group, token, host] of [
    ["tim", budi, undefined],
    ["tim@surabaya", ani, jakartaHost],
  ] as const) {
    const read = await server.command(`inboxgroup ${group}`, { token, host });
    expect(read.json.data).toMatchObject([
      { id: 1, from: "ani@jakarta", text: "halo semua" },
      { id: 2, from: "budi@surabaya", text: "halo ani" },
    ]);
  }
});

async function tokenOf(line: string, host?: string): Promise<string> {
  const reply = await server.command(line, { host });
  return (reply.json.data as { token: string }).token;
}
