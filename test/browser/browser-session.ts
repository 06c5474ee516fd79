import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser } from "../support/chromium.ts";
import { type OpenPageOptions, openPage } from "./open-page.ts";

export { desktop, phone } from "./open-page.ts";

export interface BrowserSession {
  /** Opens the page in a new browser profile. */
  open(url: URL, options?: OpenPageOptions): Promise<Page>;
}

/** A browser for the tests of a file. An error in a page, or a violation of its policy, fails the test. */
export function useBrowser(): BrowserSession {
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
    open: (url, options = {}) =>
      openPage(browser, url.port, {
        ...options,
        async prepare(page) {
          contexts.push(page.context());
          page.on("pageerror", (error) => problems.push(String(error)));
          page.on("console", (message) => {
            if (/content security policy|trusted/i.test(message.text())) problems.push(message.text());
          });
          await options.prepare?.(page);
        },
      }),
  };
}

/** Evaluates a JavaScript expression in the page. */
export function evaluate<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate<T>(expression);
}

/** Registers through the form, which logs in too. */
export async function register(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Belum punya akun? Daftar" }).click();
  await page.getByLabel("Nama pengguna").fill(name);
  await page.getByLabel("Password").fill(`rahasia-${name}`);
  await page.getByRole("button", { name: "Daftar", exact: true }).click();
  await page.getByRole("navigation").waitFor();
}

/** Opens a conversation that is not in the list yet. */
export async function startConversation(page: Page, address: string): Promise<void> {
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page.getByLabel("Nama, atau nama@realm").fill(address);
  await page.getByRole("button", { name: "Mulai" }).click();
}

/** Sends a message through the composer. */
export async function sendMessage(page: Page, text: string): Promise<void> {
  const field = page.locator(".composer textarea");
  await field.fill(text);
  await field.press("Enter");
}

/** Waits until the page shows exactly these messages, in this order. */
export async function expectMessages(page: Page, expected: string[], timeout = 10_000): Promise<void> {
  const texts = page.locator(".bubble .text");
  await expect.poll(() => texts.allTextContents(), { timeout, interval: 50 }).toEqual(expected);
}

/** Waits until exactly this many messages are in a state, such as `delivered`. */
export async function expectStates(page: Page, state: string, count: number, timeout = 10_000): Promise<void> {
  const icons = page.locator(`.bubble .state-${state}`);
  await expect.poll(() => icons.count(), { timeout, interval: 50 }).toBe(count);
}

/** The link to a conversation in the list. */
export function conversationLink(page: Page, key: string): Locator {
  return page.locator(`[data-conversation="${key}"]`);
}
