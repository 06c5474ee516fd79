import { buildPage } from "../../src/dev/build-page.ts";

/** Before any test: a Worker that is bundled without wrangler's build step imports the page too. */
export default async function setup(): Promise<void> {
  await buildPage();
}
