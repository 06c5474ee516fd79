import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KillableServer } from "../support/killable-server.ts";
import {
  evaluate,
  expectMessages,
  expectStates,
  sendMessage,
  startConversation,
  useBrowser,
} from "./browser-session.ts";

const server = new KillableServer();
const { open } = useBrowser();
const jakarta = "jakarta.localhost";
const tokens: Record<string, string> = {};

beforeAll(async () => {
  await server.start();
  for (const [name, host] of [["budi"], ["ani", jakarta]] as const) {
    await server.command(`register ${name} rahasia-${name}`, { host });
    const reply = await server.command(`auth ${name} rahasia-${name}`, { host });
    tokens[name] = (reply.json.data as { token: string }).token;
  }
});
afterAll(() => server.dispose());

const openFor = (name: string, realm = "surabaya", route = "") =>
  open(server.url, { name, realm, token: tokens[name] ?? "", route });
const banner = (page: Page) => page.getByText("Sambungan terputus");

/** The texts that the server has stored for ani. */
async function stored(): Promise<string[]> {
  const { json } = await server.sendUntilAnswered("inbox", { token: tokens.ani, host: jakarta });
  return (json.data as { text: string }[]).map(({ text }) => text);
}

test("the page reports a killed server, and sends messages written meanwhile exactly once and in order", async () => {
  const [budi, ani] = await Promise.all([openFor("budi"), openFor("ani", "jakarta", "#/private/budi@surabaya")]);
  await startConversation(budi, "ani@jakarta");
  await sendMessage(budi, "sebelum");
  await expectMessages(ani, ["sebelum"]);

  await server.kill();
  await banner(budi).waitFor();
  const texts = ["satu", "dua", "tiga"];
  for (const text of texts) await sendMessage(budi, text);
  await expectStates(budi, "waiting", 3);
  await server.start();
  // The page reconnects at once when the device reports a network.
  await Promise.all([budi, ani].map((page) => evaluate(page, `dispatchEvent(new Event("online"))`)));
  await expectStates(budi, "delivered", 4, 30_000);
  await expectMessages(ani, ["sebelum", ...texts], 30_000);
  expect(await stored()).toEqual(["sebelum", ...texts]);
  expect(await banner(budi).count()).toBe(0);
});

test("killing the server while messages are sent neither loses nor duplicates one", async () => {
  const before = (await stored()).length;
  const budi = await openFor("budi", "surabaya", "#/private/ani@jakarta");
  const texts = Array.from({ length: 30 }, (_, n) => `pesan ${n + 1}`);
  for (const [index, text] of texts.entries()) {
    await sendMessage(budi, text);
    if (index === 10 || index === 20) void server.restart();
  }
  await expectStates(budi, "waiting", 0, 30_000);
  await expectStates(budi, "sending", 0, 30_000);
  await expect.poll(async () => (await stored()).slice(before), { timeout: 30_000 }).toEqual(texts);
});

test("a message whose reply is lost is sent again, and is stored and shown once", async () => {
  const before = (await stored()).length;
  const budi = await openFor("budi");
  let sends = 0;
  await budi.routeWebSocket(/\/live/, (page) => {
    const real = page.connectToServer();
    page.onMessage((frame) => {
      if (String(frame).startsWith("sendprivate")) sends++;
      real.send(frame);
    });
    real.onMessage((frame) => {
      // The server has stored the message, and the socket closes before the reply.
      if (sends === 1 && String(frame).includes("delivery")) return void page.close({ code: 1011 });
      page.send(frame);
    });
  });
  await budi.reload();
  await startConversation(budi, "ani@jakarta");
  await sendMessage(budi, "sekali saja");
  await expect.poll(() => sends).toBe(2);
  await expectStates(budi, "sending", 0);
  await expectStates(budi, "waiting", 0);
  expect((await stored()).slice(before)).toEqual(["sekali saja"]);
  await expect.poll(() => budi.getByText("sekali saja").locator("visible=true").count()).toBeGreaterThan(0);
  expect((await budi.locator(".bubble .text").allTextContents()).filter((text) => text === "sekali saja")).toHaveLength(
    1,
  );
});
