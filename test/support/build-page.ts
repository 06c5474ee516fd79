import { buildPage } from "../../src/dev/build-page.ts";

/** Builds the page before any test, because every Worker bundle imports it. */
export default async function setup(): Promise<void> {
  await buildPage();
}
