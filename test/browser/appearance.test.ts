import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { page as built } from "../../src/web/dist/page.ts";
import { sendRequest } from "../support/command.ts";
import { useServer } from "../support/test-server.ts";
import {
  conversationLink,
  desktop,
  evaluate,
  expectMessages,
  phone,
  sendMessage,
  startConversation,
  useBrowser,
} from "./browser-session.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const scriptMaxBytes = 32 * 1024;
const server = useServer({ PEERS: JSON.stringify({ bandung: "http://127.0.0.1:9" }), LOCAL_PEERS: "yes", SHARDS: 1 });
const { open } = useBrowser();
let token = "";

beforeAll(async () => {
  const [budi = "", ani = "", dewi = ""] = await server.seedAccounts(["budi", "ani", "dewi"]);
  token = budi;
  for (const [command, token] of [
    ["sendprivate ani halo", budi],
    ["sendprivate budi halo juga", ani],
    ["sendprivate ujang@bandung nanti", budi],
    ["sendprivate hantu halo", budi],
    ["creategroup tim", budi],
    ["sendgroup tim rapat jam 10", ani],
    ["creategroup mode=private panitia", dewi],
    ["invite panitia budi", dewi],
  ] as const) {
    await server.command(command, { token });
  }
});

describe("the served page", () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    sendRequest(new URL(path, server.url), "GET", "", { host: "surabaya.localhost:8787", ...headers });
  const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

  test("a browser gets HTML with a strict policy, curl gets text, and Vary separates them in caches", async () => {
    const page = await ask("/", browser);
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      vary: "Accept, Accept-Language",
    });
    expect(String(page.headers["content-security-policy"]).split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self' ws://surabaya.localhost:8787 wss://surabaya.localhost:8787",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(page.text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|style=/);
    expect((await ask("/", { accept: "*/*" })).headers["content-type"]).toBe("text/plain; charset=utf-8");
  });

  test("an unchanged page is answered with 304, and assets are immutable", async () => {
    const { headers } = await ask("/", browser);
    const again = await ask("/", { ...browser, "if-none-match": `"other", W/${headers.etag}` });
    expect([again.status, again.text]).toEqual([304, ""]);
    for (const name of Object.keys(built.assets)) {
      expect(name).toMatch(/-[\w-]{8,}\.(js|css|svg)$/);
      const asset = await ask(`/assets/${name}`);
      expect(asset.text).toBe(built.assets[name]?.body);
      expect(asset.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    }
    for (const path of ["/assets/none.js", "/assets/", "/assets/__proto__", "/assets/../wrangler.toml"]) {
      expect((await ask(path)).status).toBe(404);
    }
  });

  test("the scripts together stay below 32 KiB compressed", () => {
    const scripts = Object.values(built.assets).filter(({ type }) => type.startsWith("text/javascript"));
    const bytes = scripts.reduce((sum, { body }) => sum + gzipSync(body).length, 0);
    console.log(`script: ${bytes} bytes compressed`);
    expect(bytes).toBeLessThan(scriptMaxBytes);
  });
});

const screens: Record<string, (page: Page) => Promise<unknown>> = {
  list: (page) => conversationLink(page, "private/ani@surabaya").waitFor(),
  thread: async (page) => {
    await conversationLink(page, "private/ani@surabaya").click();
    await expectMessages(page, ["halo", "halo juga"]);
  },
  failed: async (page) => {
    // A conversation in which every message has failed is not in the list.
    await page.goto(new URL("#/private/hantu@surabaya", page.url()).href);
    await page.getByText("gagal: pengguna tidak ada").waitFor();
  },
  queued: async (page) => {
    await conversationLink(page, "private/ujang@bandung").click();
    await page.locator(".delivery-note").waitFor();
  },
  group: async (page) => {
    await conversationLink(page, "group/tim@surabaya").click();
    await expectMessages(page, ["rapat jam 10"]);
    await page.getByRole("button", { name: "Anggota" }).click();
    await page.locator(".members li").first().waitFor();
  },
  invitation: async (page) => {
    await conversationLink(page, "group/panitia@surabaya").click();
    await page.getByRole("button", { name: "Terima", exact: true }).waitFor();
  },
  "new conversation": async (page) => {
    await page.getByRole("button", { name: "Percakapan baru" }).click();
    await page.getByLabel("Buat group").check();
  },
  settings: (page) => page.getByRole("button", { name: "Pengaturan" }).click(),
  "copied command": async (page) => {
    await conversationLink(page, "private/ani@surabaya").click();
    await page.getByRole("button", { name: "Salin sebagai curl: baca percakapan ini" }).click();
    await page.locator(".toast").waitFor();
  },
};

test.each([
  ["desktop", desktop],
  ["phone", phone],
] as const)("on a %s axe finds no violation and no screen is too wide, light or dark", async (_, viewport) => {
  // The policy would block axe.
  const options = { viewport, bypassCSP: true };
  const found: string[] = [];
  const check = async (page: Page, screen: string) => {
    await evaluate(page, axe);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      // Only colours differ in the dark theme.
      const rules = colorScheme === "dark" ? `{ runOnly: ["color-contrast"] }` : "{}";
      const { violations } = await evaluate<AxeFindings>(page, `axe.run(${rules})`);
      for (const { id, nodes } of violations)
        found.push(`${screen}, ${colorScheme}: ${id} ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    }
    const [width, extent] = await evaluate<number[]>(page, "[innerWidth, document.documentElement.scrollWidth]");
    if (extent !== width) found.push(`${screen}: ${extent} wide`);
  };
  await check(await open(server.url, { options }), "log in");
  const page = await open(server.url, { name: "budi", token, options });
  for (const [screen, open] of Object.entries(screens)) {
    await page.goto(`http://surabaya.localhost:${server.url.port}/#/`);
    await page.reload();
    await open(page);
    await check(page, screen);
  }
  expect(found).toEqual([]);
});

interface AxeFindings {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}

test("a conversation can be opened, answered and closed with the keyboard alone", async () => {
  const page = await open(server.url, { name: "budi", token });
  await conversationLink(page, "private/ani@surabaya").waitFor();
  const focused = () => evaluate(page, "document.activeElement.dataset.conversation ?? document.activeElement.tagName");
  const keys = async (...names: string[]) => {
    for (const name of names) await page.keyboard.press(name);
  };

  await keys("Tab");
  expect(await evaluate(page, "document.activeElement.textContent")).toBe("Langsung ke percakapan");
  await keys("Tab", "Tab", "Tab");
  expect(await focused()).toBe("group/panitia@surabaya");
  await keys("End");
  const last = await focused();
  await keys("Home", "ArrowDown");
  expect(await focused()).not.toBe(last);
  const outline = await evaluate(page, "getComputedStyle(document.activeElement).outlineStyle");
  expect(outline).toBe("solid");

  await keys("ArrowUp");
  for (let n = 0; n < 10 && (await focused()) !== "private/ani@surabaya"; n++) await keys("ArrowDown");
  await keys("Enter");
  await expectMessages(page, ["halo", "halo juga"]);
  await expect.poll(focused).toBe("TEXTAREA");
  await page.keyboard.type("baris satu");
  await keys("Shift+Enter");
  await page.keyboard.type("baris dua");
  await keys("Enter");
  await expectMessages(page, ["halo", "halo juga", "baris satu\nbaris dua"]);
  await keys("Escape");
  await expect.poll(focused).toBe("private/ani@surabaya");

  await page.getByRole("button", { name: "Percakapan baru" }).focus();
  await keys("Enter");
  await page.getByRole("dialog").waitFor();
  await keys("Escape");
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  expect(await evaluate(page, "document.activeElement.ariaLabel")).toBe("Percakapan baru");
});

test("a command that is copied in a dialog is shown in the dialog and can be dismissed there", async () => {
  const page = await open(server.url, { name: "budi", token, options: { viewport: phone } });
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /Salin sebagai curl/ })
    .first()
    .click();
  const toast = page.locator("dialog .toast");
  await toast.waitFor();
  expect(await page.locator(".toast:visible").count()).toBe(1);
  await toast.getByRole("button", { name: "Tutup" }).click({ timeout: 5_000 });
  await expect.poll(() => toast.count()).toBe(0);
});

test.each([320, 360])("the longest name fits a screen that is %d pixels wide", async (width) => {
  const name = `muhammad.rizky.${"p".repeat(17)}`;
  const [long = ""] = await server.seedAccounts([name]);
  const page = await open(server.url, {
    name,
    token: long,
    options: { viewport: { width, height: 640 }, hasTouch: true },
  });
  await page.getByRole("button", { name: "Percakapan baru" }).click({ timeout: 5_000 });
  await page.getByLabel("Nama, atau nama@realm").waitFor();
  expect(await evaluate(page, "document.documentElement.scrollWidth")).toBe(width);
});

test("a phone shows the list or a conversation, and the browser's back button returns to the list", async () => {
  const page = await open(server.url, { name: "budi", token, options: { viewport: phone, hasTouch: true } });
  await startConversation(page, "dewi");
  await sendMessage(page, "halo dewi");
  await expectMessages(page, ["halo dewi"]);
  const listIsThere = () => page.getByRole("navigation").isVisible();
  expect(await listIsThere()).toBe(false);
  await page.goBack();
  await expect.poll(listIsThere).toBe(true);
  await conversationLink(page, "private/dewi@surabaya").click();
  await page.getByRole("button", { name: "Kembali ke daftar" }).click();
  await expect.poll(listIsThere).toBe(true);
});
