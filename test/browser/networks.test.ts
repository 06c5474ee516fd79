import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { useServer } from "../support/test-server.ts";
import { evaluate, expectMessages, expectStates, phone, sendMessage, useBrowser } from "./browser-session.ts";
import { useFaultyProxy } from "./faulty-proxy.ts";

const server = useServer({ SHARDS: 1 });
const proxy = useFaultyProxy(() => server.url);
const { open } = useBrowser();
afterEach(() => Object.assign(proxy, { sockets: "none", isCaptive: false }));

const banner = (page: Page) => page.locator(".banners");
const shows = (page: Page, text: string) =>
  expect.poll(() => banner(page).textContent(), { timeout: 50_000 }).toContain(text);
const showsNothing = (page: Page) => expect.poll(() => banner(page).textContent(), { timeout: 50_000 }).toBe("");
/** Mends the network and asks the page to try again, unless it has already done so by itself. */
async function tryAgain(page: Page, mend: () => void): Promise<void> {
  await page.getByRole("button", { name: "Coba sekarang" }).waitFor();
  mend();
  await evaluate(
    page,
    `[...document.querySelectorAll("button")].find((it) => it.textContent === "Coba sekarang")?.click()`,
  );
}
const live = "menahan sambungan langsung";

let runs = 0;
/** Names of its own for each test and each try. */
async function accounts(): Promise<{ names: [string, string]; tokens: [string, string] }> {
  const run = ++runs;
  const names: [string, string] = [`budi${run}`, `ani${run}`];
  const [one = "", other = ""] = await server.seedAccounts(names);
  return { names, tokens: [one, other] };
}

test.each(["refused", "hanging", "swallowed"] as const)(
  "where sockets are %s the page says so, and private and group messages still come and go, each once",
  async (fault) => {
    proxy.sockets = fault;
    const { names, tokens } = await accounts();
    const [budi, ani] = names;
    await server.command(`creategroup tim-${budi}`, { token: tokens[1] });
    const page = await open(proxy.url, { name: budi, token: tokens[0], route: `#/private/${ani}@surabaya` });
    await shows(page, live);
    await sendMessage(page, "satu\nbaris dua");
    await expectStates(page, "delivered", 1);
    await server.command(`sendprivate ${budi} dua`, { token: tokens[1] });
    await expectMessages(page, ["satu\nbaris dua", "dua"]);

    await evaluate(page, `location.hash = "#/group/tim-${budi}@surabaya"`);
    await server.command(`sendgroup tim-${budi} tiga`, { token: tokens[1] });
    await expectMessages(page, ["tiga"]);
    await sendMessage(page, "empat");
    await expectMessages(page, ["tiga", "empat"]);
    const { json } = await server.command("inbox", { token: tokens[1] });
    expect((json.data as { text: string }[]).map(({ text }) => text)).toEqual(["satu\nbaris dua"]);

    await tryAgain(page, () => {
      proxy.sockets = "none";
    });
    await showsNothing(page);
    await server.command(`sendgroup tim-${budi} lima`, { token: tokens[1] });
    await expectMessages(page, ["tiga", "empat", "lima"]);
  },
  120_000,
);

test("a login page of a Wi-Fi is named, also over the list on a phone", async () => {
  const { names, tokens } = await accounts();
  const page = await open(proxy.url, { name: names[0], token: tokens[0], options: { viewport: phone } });
  await page.getByText("Belum ada percakapan").first().waitFor();
  proxy.isCaptive = true;
  proxy.freeze();
  await evaluate(page, `dispatchEvent(new Event("offline"))`);
  await shows(page, "jaringan ini menjawab sebagai ganti server");
  expect(await banner(page).isVisible()).toBe(true);
  await tryAgain(page, () => {
    proxy.isCaptive = false;
  });
  await showsNothing(page);
});

test("a device that loses its network says so at once, and connects when it is back", async () => {
  const { names, tokens } = await accounts();
  const page = await open(server.url, { name: names[0], token: tokens[0] });
  await page.getByText("Belum ada percakapan").first().waitFor();
  await page.context().setOffline(true);
  await shows(page, "perangkat ini tidak punya jaringan");
  await page.context().setOffline(false);
  await showsNothing(page);
});

test("a line that dies without a word is noticed while the page is visible, and nobody writes", async () => {
  const { names, tokens } = await accounts();
  const page = await open(proxy.url, { name: names[0], token: tokens[0] });
  await page.getByText("Belum ada percakapan").first().waitFor();
  proxy.freeze();
  proxy.sockets = "hanging";
  proxy.isCaptive = true;
  await shows(page, "Sambungan terputus");
}, 90_000);

test("a page whose place a newer one took says so, and comes back when the user wants it", async () => {
  const { names, tokens } = await accounts();
  let sockets = 0;
  const page = await open(server.url, {
    name: names[0],
    token: tokens[0],
    async prepare(page) {
      await page.routeWebSocket(/\/live/, (socket) => {
        const real = socket.connectToServer();
        if (++sockets === 1)
          real.onMessage(() => void socket.close({ code: 4409, reason: "replaced by a newer socket" }));
      });
    },
  });
  await shows(page, "terbuka di terlalu banyak tempat");
  await evaluate(page, `dispatchEvent(new Event("online"))`);
  expect(sockets).toBe(1);
  await page.getByRole("button", { name: "Pakai di sini" }).click();
  await showsNothing(page);
  expect(sockets).toBe(2);
});
