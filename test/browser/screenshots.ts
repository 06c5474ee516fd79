/**
 * `npm run screenshots`: writes the main screens, phone and desktop, light and dark, as small PNG files to
 * src/web/screenshots. The clock and the message times are fixed, so a file changes only if the page does.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/chromium.ts";
import { type OpenPageOptions, openPage, phone } from "./open-page.ts";
import { openPageFixture } from "./page-fixture.ts";
import { withPalette } from "./png.ts";

const folder = join(import.meta.dirname, "../../src/web/screenshots");
const now = new Date("2026-11-23T10:42:00+07:00");
const minutesAgo: Record<string, number> = {};
// Subpixel text rendering would double the size of the files.
const [fixture, browser] = await Promise.all([openPageFixture(), launchBrowser("--disable-lcd-text")]);
mkdirSync(folder, { recursive: true });

const names = ["budi", "citra", "dewi", "eko"];
const [budi = "", citra = "", dewi = "", eko = ""] = await Promise.all(
  names.map((name) => fixture.logIn("surabaya", name)),
);
const ani = await fixture.logIn("jakarta", "ani");

async function send(minutes: number, by: string, to: string, text: string, realm = "surabaya"): Promise<void> {
  minutesAgo[text] = minutes;
  await fixture.command(realm, `${to.startsWith("tim") ? "sendgroup" : "sendprivate"} ${to} ${text}`, by);
}
await send(1460, eko, "budi", "Terima kasih banyak");
await fixture.command("surabaya", "creategroup tim", budi);
await send(95, citra, "tim", "Rapat jam 10 jadi?");
await send(93, budi, "tim", "Jadi, di ruang biasa");
await send(61, citra, "tim", "Oke, sampai ketemu");
await send(180, dewi, "budi", "Datanya sudah aku unggah");
await send(42, dewi, "budi", "Nanti sore kita lihat bersama ya");
await send(1500, ani, "budi@surabaya", "Selamat pagi! Realm Surabaya sudah jalan?", "jakarta");
await send(1492, budi, "ani@jakarta", "Sudah. Satu perintah deploy, tanpa server yang perlu dijaga.");
await send(30, ani, "budi@surabaya", "Bagus. Bisa kirim hasil build dari CI ke sini?", "jakarta");
await send(29, ani, "budi@surabaya", "Cukup lulus atau gagal saja", "jakarta");
await send(21, budi, "ani@jakarta", "Bisa, satu baris:\n\ncurl -d 'sendprivate ani@jakarta build lulus' …");
await send(12, ani, "budi@surabaya", "Masuk! Dan kalau realm kami sedang mati?", "jakarta");
await send(8, budi, "ani@jakarta", "Pesannya antre, lalu sampai satu kali.");
await send(5, budi, "ujang@bandung", "Laporan menyusul besok");
await fixture.command("surabaya", "creategroup mode=private panitia", dewi);
await fixture.command("surabaya", "invite panitia budi", dewi);

/** Sets the time of each message in a frame. */
function withFixedTimes(frame: string): string {
  return JSON.stringify(JSON.parse(frame), (_, value) =>
    typeof value?.text === "string" && typeof value.time === "string"
      ? { ...value, time: new Date(now.getTime() - (minutesAgo[value.text] ?? 0) * 60_000).toISOString() }
      : value,
  );
}

async function prepare(page: Page): Promise<void> {
  await page.clock.setFixedTime(now);
  await page.routeWebSocket(/\/live/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((frame) => socket.send(withFixedTimes(String(frame))));
  });
}

const wide = { width: 1000, height: 640 };
const narrow = { ...phone, height: 660 };
const thread = "#/private/ani@jakarta";
const entry = '[data-conversation="private/ani@jakarta"] time';
const ready: Record<string, string> = {
  login: ".card .chip",
  list: entry,
  thread: ".bubble >> text=satu kali",
};
for (const [screen, size, colorScheme] of [
  ["login", "desktop", "light"],
  ["login", "phone", "dark"],
  ["thread", "desktop", "light"],
  ["thread", "desktop", "dark"],
  ["list", "phone", "light"],
  ["list", "phone", "dark"],
  ["thread", "phone", "light"],
  ["thread", "phone", "dark"],
] as const) {
  const options: OpenPageOptions["options"] = {
    viewport: size === "phone" ? narrow : wide,
    colorScheme,
    timezoneId: "Asia/Jakarta",
    hasTouch: size === "phone",
  };
  const account = screen === "login" ? {} : { name: "budi", token: budi, route: screen === "thread" ? thread : "" };
  const page = await openPage(browser, fixture.port, { ...account, options, prepare });
  await page
    .locator(ready[screen] ?? "")
    .first()
    .waitFor();
  if (size === "desktop" && screen === "thread") await page.locator(entry).waitFor();
  // A blinking caret would change the picture.
  await page.evaluate("document.activeElement.blur()");
  const path = join(folder, `${screen}-${size}-${colorScheme}.png`);
  const png = withPalette(await page.screenshot({ caret: "hide" }));
  writeFileSync(path, png);
  await page.context().close();
  process.stdout.write(`${path}: ${Math.ceil(png.length / 1024)} KB\n`);
}

await browser.close();
await fixture.close();
process.exit();
