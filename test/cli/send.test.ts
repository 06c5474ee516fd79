import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { accountEnv, CliUser, jsonLines } from "../support/cli.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const user = new CliUser();
let proxy: FaultyProxy;
let budi: NewAccount;
let ani: NewAccount;
/** Goes through the proxy. */
let env: Record<string, string>;

beforeAll(async () => {
  [budi, ani] = [await newAccount(server, "budi"), await newAccount(server, "ani")];
});
beforeEach(async () => {
  proxy = new FaultyProxy(server.url);
  env = { ...accountEnv(server, budi), RANAH_URL: `http://surabaya.localhost:${await proxy.listen()}` };
});
afterEach(() => proxy.close());

async function textsOfAni(): Promise<string[]> {
  const { json } = await ani.command("inbox");
  return (json.data as { text: string }[]).map(({ text }) => text);
}

test("a send whose answers are lost is repeated with its key and stored once", async () => {
  proxy.fault = "cut-reply";
  const sending = user.start(["send", "--verbose", "ani", "sekali saja"], { env });
  await expect.poll(() => proxy.connections).toBeGreaterThan(2);
  proxy.fault = "none";
  const { code, stderr } = await sending.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/^ranah: key: \S{36}$/m);
  expect(stderr).toContain("trying again");
  expect((await textsOfAni()).filter((text) => text === "sekali saja")).toHaveLength(1);
});

test("a send whose answer never comes exits with 70, and the same key makes it certain", async () => {
  proxy.fault = "cut-reply";
  const args = ["send", "--key", "pasti-1", "ani", "pasti", "--json"];
  const lost = await user.run([...args, "--timeout", "1s"], { env });
  expect(lost.code).toBe(70);
  expect(jsonLines(lost.stderr)).toMatchObject([{ status: "ERROR", error: "no-answer", key: "pasti-1", to: "ani" }]);
  proxy.fault = "none";
  const again = await user.run(args, { env });
  expect([again.code, jsonLines(again.stdout)[0]]).toMatchObject([
    0,
    { state: "delivered", key: "pasti-1", to: "ani" },
  ]);
  expect((await textsOfAni()).filter((text) => text === "pasti")).toHaveLength(1);
});

test("a command that must not run twice is not repeated after a lost answer", async () => {
  proxy.fault = "cut-reply";
  expect((await user.run(["create", "tim"], { env })).code).toBe(70);
  expect(proxy.connections).toBe(1);
});

test("a server that accepts and says nothing costs no more than the time-out", async () => {
  proxy.fault = "silent";
  const { code, stderr } = await user.run(["inbox", "--timeout", "300ms"], { env });
  expect([code, stderr]).toEqual([70, expect.stringContaining("no answer within")]);
});

test("a signal ends a send at once, with the code of the signal", async () => {
  proxy.fault = "silent";
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const before = proxy.connections;
    const sending = user.start(["send", "ani", "halo"], { env });
    await expect.poll(() => proxy.connections).toBeGreaterThan(before);
    sending.child.kill(signal);
    expect(await sending.ended).toEqual({ code, stdout: "", stderr: "" });
  }
});

test("a text keeps its spaces, line ends and characters", async () => {
  const text = "  é 😀\n\nakhir  ";
  await user.run(["send", "ani", "--", text], { env });
  await user.run(["send", "ani"], { env, input: `${text}\n` });
  await user.run(["send", "ani"], { env, input: "-- bukan opsi\r\n" });
  expect((await textsOfAni()).slice(-3)).toEqual([text, text, "-- bukan opsi"]);
});

test("bytes that are not UTF-8, and a text that is too long, are refused before anything is sent", async () => {
  const before = await textsOfAni();
  for (const input of [Uint8Array.of(0x61, 0xff), "x".repeat(70_000)]) {
    expect((await user.run(["send", "ani"], { env, input })).code).toBe(64);
  }
  expect(await textsOfAni()).toEqual(before);
});

test("--wait alone does not take the recipient for its value", async () => {
  const { stdout } = await user.run(["send", "--json", "--wait", "ani", "tunggu"], { env });
  expect(jsonLines(stdout)).toMatchObject([{ to: "ani", state: "delivered" }]);
});
