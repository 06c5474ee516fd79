/**
 * `npm run screenshots`: the main screens, phone and desktop, light and dark, as small PNG files in src/web/screenshots.
 * Their clock stands still and their messages have given times, so that a picture changes only where the page does.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "../support/chromium.ts";
import { openPage, phone, type Visitor } from "./open.ts";
import { openStage } from "./page-fixture.ts";
import { withPalette } from "./png.ts";

const folder = join(import.meta.dirname, "../../src/web/screenshots");
const now = new Date("2026-11-23T10:42:00+07:00");
const minutesAgo: Record<string, number> = {};
// Letters with coloured edges would double the size of the files.
const [stage, browser] = await Promise.all([openStage(), launchBrowser("--disable-lcd-text")]);
mkdirSync(folder, { recursive: true });

const names = ["budi", "citra", "dewi", "eko"];
const [budi = "", citra = "", dewi = "", eko = ""] = await Promise.all(
  names.map((name) => stage.person("surabaya", name)),
);
const ani = await stage.person("jakarta", "ani");

async function say(minutes: number, by: string, to: string, text: string, realm = "surabaya"): Promise<void> {
  minutesAgo[text] = minutes;
  await stage.command(realm, `${to.startsWith("tim") ? "sendgroup" : "sendprivate"} ${to} ${text}`, by);
}
await say(1460, eko, "budi", "Terima kasih banyak");
await stage.command("surabaya", "creategroup tim", budi);
await say(95, citra, "tim", "Rapat jam 10 jadi?");
await say(93, budi, "tim", "Jadi, di ruang biasa");
await say(61, citra, "tim", "Oke, sampai ketemu");
await say(180, dewi, "budi", "Datanya sudah aku unggah");
await say(42, dewi, "budi", "Nanti sore kita lihat bersama ya");
await say(1500, ani, "budi@surabaya", "Selamat pagi! Realm Surabaya sudah jalan?", "jakarta");
await say(1492, budi, "ani@jakarta", "Sudah. Satu perintah deploy, tanpa server yang perlu dijaga.");
await say(30, ani, "budi@surabaya", "Bagus. Bisa kirim hasil build dari CI ke sini?", "jakarta");
await say(29, ani, "budi@surabaya", "Cukup lulus atau gagal saja", "jakarta");
await say(21, budi, "ani@jakarta", "Bisa, satu baris:\n\ncurl -d 'sendprivate ani@jakarta build lulus' …");
await say(12, ani, "budi@surabaya", "Masuk! Dan kalau realm kami sedang mati?", "jakarta");
await say(8, budi, "ani@jakarta", "Pesannya antre, lalu sampai satu kali.");
await say(5, budi, "ujang@bandung", "Laporan menyusul besok");
await stage.command("surabaya", "creategroup mode=private panitia", dewi);
await stage.command("surabaya", "invite panitia budi", dewi);

/** Gives each message of a frame its time. */
function retimed(frame: string): string {
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
    server.onMessage((frame) => socket.send(retimed(String(frame))));
  });
}

const wide = { width: 1000, height: 640 };
const narrow = { ...phone, height: 660 };
const thread = "#/private/ani@jakarta";
const entry = '[data-conversation="private/ani@jakarta"] time';
const ready: Record<string, string> = { login: ".card .chip", list: entry, thread: ".bubble >> text=satu kali" };
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
  const options: Visitor["options"] = {
    viewport: size === "phone" ? narrow : wide,
    colorScheme,
    timezoneId: "Asia/Jakarta",
    hasTouch: size === "phone",
  };
  const someone = screen === "login" ? {} : { name: "budi", token: budi, route: screen === "thread" ? thread : "" };
  const page = await openPage(browser, stage.port, { ...someone, options, prepare });
  await page
    .locator(ready[screen] ?? "")
    .first()
    .waitFor();
  if (size === "desktop" && screen === "thread") await page.locator(entry).waitFor();
  // The caret blinks.
  await page.evaluate("document.activeElement.blur()");
  const path = join(folder, `${screen}-${size}-${colorScheme}.png`);
  const png = withPalette(await page.screenshot({ caret: "hide" }));
  writeFileSync(path, png);
  await page.context().close();
  process.stdout.write(`${path}: ${Math.ceil(png.length / 1024)} KB\n`);
}

await browser.close();
await stage.close();
process.exit();
