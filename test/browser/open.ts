import type { Browser, BrowserContextOptions, Page } from "playwright-core";

export const phone = { width: 360, height: 700 };
export const desktop = { width: 1100, height: 720 };

export interface Visitor {
  /** The realm whose page is visited. */
  realm?: string;
  /** A session that is open already. */
  name?: string;
  token?: string;
  /** What stands behind # in the address bar. */
  route?: string;
  options?: BrowserContextOptions;
  /** What has to be done to the page before it loads. */
  prepare?(page: Page): Promise<void>;
}

/** Opens the page of a realm in a browser profile of its own. */
export async function openPage(browser: Browser, port: string, visitor: Visitor): Promise<Page> {
  const { realm = "surabaya", name, token, route = "", options = {}, prepare } = visitor;
  const context = await browser.newContext({ locale: "id-ID", viewport: desktop, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  if (token) {
    const session = JSON.stringify({ token, user: `${name}@${realm}` });
    // Once: whoever logs out in a test stays logged out.
    await page.addInitScript(`
      if (!sessionStorage.getItem("visited")) sessionStorage.setItem("ranah-session", ${JSON.stringify(session)});
      sessionStorage.setItem("visited", "yes");
    `);
  }
  await prepare?.(page);
  await page.goto(`http://${realm}.localhost:${port}/${route}`);
  return page;
}
