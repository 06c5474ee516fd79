import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Linux on x64 uses the browser from npm. Other systems use the installed Chrome or the one that CHROME_PATH names. */
const usesNpmBrowser = process.env.CHROME_PATH === undefined && process.platform === "linux" && process.arch === "x64";

/** Unpacks the browser from npm before any test: parallel test files would write into the same file. */
export default async function unpackChromium(): Promise<void> {
  if (usesNpmBrowser) await chromium.executablePath();
}

/** @param args command-line switches of Chromium */
export async function launchBrowser(...args: string[]): Promise<Browser> {
  const { CHROME_PATH: installed } = process.env;
  if (installed !== undefined) return playwright.launch({ executablePath: installed, args });
  if (!usesNpmBrowser) return playwright.launch({ channel: "chrome", args });
  // The sandbox needs privileges that containers lack.
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ["--no-sandbox", ...args] });
}
