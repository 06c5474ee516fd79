import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { page as built } from "../../src/web/dist/page.ts";
import { exchange } from "../support/command.ts";
import { useServer } from "../support/realm.ts";
import { begin, desktop, entry, inside, phone, shows, useBrowser, write } from "./browser-session.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const scriptMaxBytes = 30 * 1024;
const server = useServer({ PEERS: JSON.stringify({ bandung: "http://127.0.0.1:9" }), LOCAL_PEERS: "yes", SHARDS: 1 });
const { visit } = useBrowser();
let token = "";

beforeAll(async () => {
  const [budi = "", ani = "", dewi = ""] = await server.crowd(["budi", "ani", "dewi"]);
  token = budi;
  for (const [line, by] of [
    ["sendprivate ani halo", budi],
    ["sendprivate budi halo juga", ani],
    ["sendprivate ujang@bandung nanti", budi],
    ["sendprivate hantu halo", budi],
    ["creategroup tim", budi],
    ["sendgroup tim rapat jam 10", ani],
    ["creategroup mode=private panitia", dewi],
    ["invite panitia budi", dewi],
  ] as const) {
    await server.command(line, { token: by });
  }
});

describe("The page as it is served", () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    exchange(new URL(path, server.url), "GET", "", { host: "surabaya.localhost:8787", ...headers });
  const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

  test("A browser gets the page with a strict policy, curl the text, and a cache tells them apart.", async () => {
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

  test("The page is not sent again to whoever has it, and its assets never change.", async () => {
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

  test("All script together stays below 60 KB compressed, and none of it makes markup of text.", () => {
    const scripts = Object.values(built.assets).filter(({ type }) => type.startsWith("text/javascript"));
    const bytes = scripts.reduce((sum, { body }) => sum + gzipSync(body).length, 0);
    console.log(`script: ${bytes} bytes compressed`);
    expect(bytes).toBeLessThan(scriptMaxBytes);
  });
});

const screens: Record<string, (page: Page) => Promise<unknown>> = {
  list: (page) => entry(page, "private/ani@surabaya").waitFor(),
  thread: async (page) => {
    await entry(page, "private/ani@surabaya").click();
    await shows(page, ["halo", "halo juga"]);
  },
  failed: async (page) => {
    await entry(page, "private/hantu@surabaya").click();
    await page.getByText("gagal: pengguna tidak ada").waitFor();
  },
  queued: async (page) => {
    await entry(page, "private/ujang@bandung").click();
    await page.locator(".fate").waitFor();
  },
  group: async (page) => {
    await entry(page, "group/tim@surabaya").click();
    await shows(page, ["rapat jam 10"]);
    await page.getByRole("button", { name: "Anggota" }).click();
    await page.locator(".members li").first().waitFor();
  },
  invitation: async (page) => {
    await entry(page, "group/panitia@surabaya").click();
    await page.getByRole("button", { name: "Terima", exact: true }).waitFor();
  },
  "new conversation": async (page) => {
    await page.getByRole("button", { name: "Percakapan baru" }).click();
    await page.getByLabel("Buat group").check();
  },
  settings: (page) => page.getByRole("button", { name: "Pengaturan" }).click(),
  "copied line": async (page) => {
    await entry(page, "private/ani@surabaya").click();
    await page.getByRole("button", { name: "Salin sebagai curl: baca percakapan ini" }).click();
    await page.locator(".toast").waitFor();
  },
};

test.each([
  ["desktop", desktop],
  ["phone", phone],
] as const)("On a %s axe finds nothing to object to on any screen, light or dark.", async (_, viewport) => {
  // The policy would keep axe out too.
  const options = { viewport, bypassCSP: true };
  const found: string[] = [];
  const look = async (page: Page, screen: string) => {
    await inside(page, axe);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      // What is not about colours is the same in the dark.
      const rules = colorScheme === "dark" ? `{ runOnly: ["color-contrast"] }` : "{}";
      const { violations } = await inside<AxeFindings>(page, `axe.run(${rules})`);
      for (const { id, nodes } of violations)
        found.push(`${screen}, ${colorScheme}: ${id} ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    }
    // Nothing sticks out of a screen either.
    const [width, extent] = await inside<number[]>(page, "[innerWidth, document.documentElement.scrollWidth]");
    if (extent !== width) found.push(`${screen}: ${extent} wide`);
  };
  await look(await visit(server.url, { options }), "log in");
  const page = await visit(server.url, { name: "budi", token, options });
  for (const [screen, open] of Object.entries(screens)) {
    await page.goto(`http://surabaya.localhost:${server.url.port}/#/`);
    await page.reload();
    await open(page);
    await look(page, screen);
  }
  expect(found).toEqual([]);
});

interface AxeFindings {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}

test("Everything on the way to an answered message can be done with the keys alone.", async () => {
  const page = await visit(server.url, { name: "budi", token });
  await entry(page, "private/ani@surabaya").waitFor();
  const focused = () => inside(page, "document.activeElement.dataset.conversation ?? document.activeElement.tagName");
  const keys = async (...names: string[]) => {
    for (const name of names) await page.keyboard.press(name);
  };

  await keys("Tab");
  expect(await inside(page, "document.activeElement.textContent")).toBe("Langsung ke percakapan");
  await keys("Tab", "Tab", "Tab");
  expect(await focused()).toBe("group/panitia@surabaya");
  await keys("End");
  const last = await focused();
  await keys("Home", "ArrowDown");
  expect(await focused()).not.toBe(last);
  const outline = await inside(page, "getComputedStyle(document.activeElement).outlineStyle");
  expect(outline).toBe("solid");

  await keys("ArrowUp");
  for (let n = 0; n < 10 && (await focused()) !== "private/ani@surabaya"; n++) await keys("ArrowDown");
  await keys("Enter");
  await shows(page, ["halo", "halo juga"]);
  await expect.poll(focused).toBe("TEXTAREA");
  await page.keyboard.type("baris satu");
  await keys("Shift+Enter");
  await page.keyboard.type("baris dua");
  await keys("Enter");
  await shows(page, ["halo", "halo juga", "baris satu\nbaris dua"]);
  await keys("Escape");
  await expect.poll(focused).toBe("private/ani@surabaya");

  await page.getByRole("button", { name: "Percakapan baru" }).focus();
  await keys("Enter");
  await page.getByRole("dialog").waitFor();
  await keys("Escape");
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  expect(await inside(page, "document.activeElement.ariaLabel")).toBe("Percakapan baru");
});

test("A line that is copied in a dialog is shown in it, and can be put away there.", async () => {
  const page = await visit(server.url, { name: "budi", token, options: { viewport: phone } });
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

test.each([320, 360])("The longest of names pushes nothing off a screen that is %d wide.", async (width) => {
  const name = `muhammad.rizky.${"p".repeat(17)}`;
  const [long = ""] = await server.crowd([name]);
  const page = await visit(server.url, {
    name,
    token: long,
    options: { viewport: { width, height: 640 }, hasTouch: true },
  });
  await page.getByRole("button", { name: "Percakapan baru" }).click({ timeout: 5_000 });
  await page.getByLabel("Nama, atau nama@realm").waitFor();
  expect(await inside(page, "document.documentElement.scrollWidth")).toBe(width);
});

test("On a phone the list and a conversation take turns, and the browser's back button leads to the list.", async () => {
  const page = await visit(server.url, { name: "budi", token, options: { viewport: phone, hasTouch: true } });
  await begin(page, "dewi");
  await write(page, "halo dewi");
  await shows(page, ["halo dewi"]);
  const listIsThere = () => page.getByRole("navigation").isVisible();
  expect(await listIsThere()).toBe(false);
  await page.goBack();
  await expect.poll(listIsThere).toBe(true);
  await entry(page, "private/dewi@surabaya").click();
  await page.getByRole("button", { name: "Kembali ke daftar" }).click();
  await expect.poll(listIsThere).toBe(true);
});
