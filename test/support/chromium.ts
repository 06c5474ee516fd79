import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Linux on x64 has a browser from npm; elsewhere an installed Chrome serves, as does the one that CHROME_PATH names. */
const isPacked = process.env.CHROME_PATH === undefined && process.platform === "linux" && process.arch === "x64";

/** Unpacks the browser from npm, once: two who unpack at the same time would write into the same file. */
export default async function unpack(): Promise<void> {
  if (isPacked) await chromium.executablePath();
}

/** @param args switches of Chromium */
export async function launchBrowser(...args: string[]): Promise<Browser> {
  const { CHROME_PATH: installed } = process.env;
  if (installed !== undefined) return playwright.launch({ executablePath: installed, args });
  if (!isPacked) return playwright.launch({ channel: "chrome", args });
  // Its sandbox needs rights that a container does not give.
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ["--no-sandbox", ...args] });
}
