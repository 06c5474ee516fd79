import type { Browser, BrowserContextOptions, Page } from "playwright-core";

export const phone = { width: 360, height: 700 };
export const desktop = { width: 1100, height: 720 };

export interface OpenPageOptions {
  /** The realm that serves the page. */
  realm?: string;
  /** An account that is logged in already. */
  name?: string;
  token?: string;
  /** The hash of the address, such as `#/private/ani@jakarta`. */
  route?: string;
  options?: BrowserContextOptions;
  /** Runs before the page loads. */
  prepare?(page: Page): Promise<void>;
}

/** Opens the page of a realm in a new browser profile. */
export async function openPage(browser: Browser, port: string, opening: OpenPageOptions): Promise<Page> {
  const { realm = "surabaya", name, token, route = "", options = {}, prepare } = opening;
  const context = await browser.newContext({ locale: "id-ID", viewport: desktop, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  if (token) {
    const session = JSON.stringify({ token, user: `${name}@${realm}` });
    // Only for the first document: a test that logs out and loads the page again stays logged out.
    await page.addInitScript(`
      if (!sessionStorage.getItem("opened")) sessionStorage.setItem("ranah-session", ${JSON.stringify(session)});
      sessionStorage.setItem("opened", "yes");
    `);
  }
  await prepare?.(page);
  await page.goto(`http://${realm}.localhost:${port}/${route}`);
  return page;
}
