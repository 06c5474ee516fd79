import { beforeAll, expect, test } from "vitest";
import { accountEnv, CliUser } from "../support/cli.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const user = new CliUser();
let budi: NewAccount;
let ani: NewAccount;

beforeAll(async () => {
  [budi, ani] = [await newAccount(server, "budi"), await newAccount(server, "ani")];
  user.env = { ...user.env, ...accountEnv(server, budi) };
});

const textsOf = async (account: NewAccount, line: string) =>
  ((await account.command(line)).json.data as { text: string }[]).map(({ text }) => text);

test("a chat shows the history, sends lines, changes its conversation and shows what arrives", async () => {
  await ani.command("sendprivate budi yang lama");
  await ani.command("creategroup tim");
  const chat = user.start(["chat", "ani"]);
  await expect.poll(() => chat.stdout).toContain("yang lama");
  chat.child.stdin?.write("halo ani\n/group tim\nhalo tim\n/to tidak ada\n/tak-ada\n/to siti\n");
  await expect.poll(() => textsOf(ani, "inboxgroup tim")).toEqual(["halo tim"]);
  expect(await textsOf(ani, "inbox")).toEqual(["halo ani"]);
  // The socket may open after the first lines.
  await expect
    .poll(async () => {
      await ani.command("sendprivate budi masuk \u001b[2J");
      return chat.stdout;
    })
    .toContain("masuk");
  expect(chat.stdout).toContain("/to ADDRESS");
  chat.child.stdin?.write("ke yang tidak ada\n");
  await expect.poll(() => chat.stdout).toContain("* There is no user siti@surabaya");
  chat.child.stdin?.end("/quit\n");
  expect(await chat.ended).toMatchObject({ code: 0, stderr: "" });
});

test("a session that ends stops the chat with 77", async () => {
  const citra = await newAccount(server, "citra");
  const chat = user.start(["chat", "budi"], { env: accountEnv(server, citra) });
  chat.child.stdin?.write("satu\n");
  await expect.poll(() => textsOf(citra, "sent")).toEqual(["satu"]);
  await citra.command("logout");
  chat.child.stdin?.write("dua\n");
  expect((await chat.ended).code).toBe(77);
});
