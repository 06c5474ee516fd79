import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser } from "../support/chromium.ts";
import { openPage, type Visitor } from "./open.ts";

export { desktop, phone } from "./open.ts";

export interface Visits {
  readonly browser: Browser;
  /** Opens the page in a browser profile of its own. */
  visit(url: URL, visitor?: Visitor): Promise<Page>;
}

/** A browser for the tests of a file. A page that breaks, or breaks its policy, fails the test that it belongs to. */
export function useBrowser(): Visits {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const problems: string[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(problems.splice(0)).toEqual([]);
  });
  afterAll(() => browser.close());
  return {
    get browser() {
      return browser;
    },
    async visit(url, visitor = {}) {
      const page = await openPage(browser, url.port, {
        ...visitor,
        async prepare(page) {
          contexts.push(page.context());
          page.on("pageerror", (error) => problems.push(String(error)));
          page.on("console", (message) => {
            if (/content security policy|trusted/i.test(message.text())) problems.push(message.text());
          });
          await visitor.prepare?.(page);
        },
      });
      return page;
    },
  };
}

/** What an expression comes to inside the page. */
export async function inside<T>(page: Page, expression: string): Promise<T> {
  return (await page.evaluate(expression)) as T;
}

/** Registers and is logged in, as somebody does it by hand. */
export async function register(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Belum punya akun? Daftar" }).click();
  await page.getByLabel("Nama pengguna").fill(name);
  await page.getByLabel("Password").fill(`rahasia-${name}`);
  await page.getByRole("button", { name: "Daftar", exact: true }).click();
  await page.getByRole("navigation").waitFor();
}

/** Opens a conversation that is not in the list yet. */
export async function begin(page: Page, address: string): Promise<void> {
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page.getByLabel("Nama, atau nama@realm").fill(address);
  await page.getByRole("button", { name: "Mulai" }).click();
}

export async function write(page: Page, text: string): Promise<void> {
  const field = page.locator(".composer textarea");
  await field.fill(text);
  await field.press("Enter");
}

/** The texts of the messages that are on the page, in their order. */
export async function texts(page: Page): Promise<string[]> {
  return page.locator(".bubble .text").allTextContents();
}

/** Waits until the page shows exactly these messages. */
export async function shows(page: Page, expected: string[], timeout = 10_000): Promise<void> {
  await expect.poll(() => texts(page), { timeout, interval: 50 }).toEqual(expected);
}

/** Waits until this many messages of the page have come to a state, such as `delivered`. */
export async function hasStates(page: Page, state: string, count: number, timeout = 10_000): Promise<void> {
  const icons = page.locator(`.bubble .state-${state}`);
  await expect.poll(() => icons.count(), { timeout, interval: 50 }).toBe(count);
}

export const entry = (page: Page, key: string) => page.locator(`[data-conversation="${key}"]`);
