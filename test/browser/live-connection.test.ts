import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KillableServer } from "../support/process.ts";
import { begin, hasStates, inside, shows, useBrowser, write } from "./browser-session.ts";

const server = new KillableServer();
const { visit } = useBrowser();
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

const at = (name: string, realm = "surabaya", route = "") =>
  visit(server.url, { name, realm, token: tokens[name] ?? "", route });
const banner = (page: Page) => page.getByText("Sambungan terputus");

/** What the server has stored, whatever the pages show. */
async function stored(): Promise<string[]> {
  const { json } = await server.insist("inbox", { token: tokens.ani, host: jakarta });
  return (json.data as { text: string }[]).map(({ text }) => text);
}

test("A killed server is said to be away; what is written meanwhile arrives when it is back, each once and in order.", async () => {
  const [budi, ani] = await Promise.all([at("budi"), at("ani", "jakarta", "#/private/budi@surabaya")]);
  await begin(budi, "ani@jakarta");
  await write(budi, "sebelum");
  await shows(ani, ["sebelum"]);

  await server.kill();
  await banner(budi).waitFor();
  const texts = ["satu", "dua", "tiga"];
  for (const text of texts) await write(budi, text);
  await hasStates(budi, "waiting", 3);
  await server.start();
  // Nobody has to wait for the pause to end: a device that finds its network again tries at once.
  await Promise.all([budi, ani].map((page) => inside(page, `dispatchEvent(new Event("online"))`)));
  await hasStates(budi, "delivered", 4, 30_000);
  await shows(ani, ["sebelum", ...texts], 30_000);
  expect(await stored()).toEqual(["sebelum", ...texts]);
  expect(await banner(budi).count()).toBe(0);
});

test("Kills while somebody writes lose no message and double none.", async () => {
  const before = (await stored()).length;
  const budi = await at("budi", "surabaya", "#/private/ani@jakarta");
  const texts = Array.from({ length: 30 }, (_, n) => `pesan ${n + 1}`);
  for (const [index, text] of texts.entries()) {
    await write(budi, text);
    if (index === 10 || index === 20) void server.restart();
  }
  await hasStates(budi, "waiting", 0, 30_000);
  await hasStates(budi, "sending", 0, 30_000);
  await expect.poll(async () => (await stored()).slice(before), { timeout: 30_000 }).toEqual(texts);
});

test("A message whose answer was lost is sent again, and is there once.", async () => {
  const before = (await stored()).length;
  const budi = await at("budi");
  let sends = 0;
  await budi.routeWebSocket(/\/live/, (page) => {
    const real = page.connectToServer();
    page.onMessage((frame) => {
      if (String(frame).startsWith("sendprivate")) sends++;
      real.send(frame);
    });
    real.onMessage((frame) => {
      // The server has done it, and the line breaks before anybody hears.
      if (sends === 1 && String(frame).includes("delivery")) return void page.close({ code: 1011 });
      page.send(frame);
    });
  });
  await budi.reload();
  await begin(budi, "ani@jakarta");
  await write(budi, "sekali saja");
  await expect.poll(() => sends).toBe(2);
  await hasStates(budi, "sending", 0);
  await hasStates(budi, "waiting", 0);
  expect((await stored()).slice(before)).toEqual(["sekali saja"]);
  await expect.poll(() => budi.getByText("sekali saja").locator("visible=true").count()).toBeGreaterThan(0);
  expect((await budi.locator(".bubble .text").allTextContents()).filter((text) => text === "sekali saja")).toHaveLength(
    1,
  );
});
