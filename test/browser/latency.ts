/**
 * `npm run measure:page`: one page sends, another shows. From the key that sends a message to the frame in which the other
 * page shows it; median and 99th percentile over 500 messages, one after another. `-- --messages N` sends others.
 */
import { parseArgs } from "node:util";
import { launchBrowser } from "../support/chromium.ts";
import { openPage } from "./open.ts";
import { openStage } from "./page-fixture.ts";

const { values } = parseArgs({ options: { messages: { type: "string", default: "500" } } });
const messages = Number(values.messages);
const [stage, browser] = await Promise.all([openStage(), launchBrowser()]);

const [budi, ani] = await Promise.all([stage.person("surabaya", "budi"), stage.person("jakarta", "ani")]);
const [sender, reader] = await Promise.all([
  openPage(browser, stage.port, { name: "budi", token: budi, route: "#/private/ani@jakarta" }),
  openPage(browser, stage.port, { realm: "jakarta", name: "ani", token: ani, route: "#/private/budi@surabaya" }),
]);
const field = sender.locator(".composer textarea");
await Promise.all([field.waitFor(), reader.locator(".composer textarea").waitFor()]);

// Both pages read the same clock of this machine, each where it happens: nothing of this program is in between.
await sender.evaluate(`
  globalThis.pressed = [];
  addEventListener("keydown", ({ key }) => {
    if (key === "Enter") pressed.push(performance.timeOrigin + performance.now());
  }, true);
`);
await reader.evaluate(`
  globalThis.shown = [];
  new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.("[data-row]"));
    for (const row of added) {
      const [, n] = /^pesan (\\d+)$/.exec(row.querySelector(".text").textContent) ?? [];
      if (n === undefined) continue;
      requestAnimationFrame(() => {
        shown[n] = performance.timeOrigin + performance.now();
        dispatchEvent(new Event("shown " + n));
      });
    }
  }).observe(document.body, { childList: true, subtree: true });
`);

for (let n = 0; n < messages; n++) {
  const isShown = reader.evaluate(`new Promise((done) => addEventListener("shown ${n}", done)).then(() => true)`);
  await field.fill(`pesan ${n}`);
  await field.press("Enter");
  await isShown;
}
const pressed = (await sender.evaluate("pressed")) as number[];
const shown = (await reader.evaluate("shown")) as number[];
const taken = shown.map((at, n) => at - (pressed[n] ?? Number.NaN)).sort((one, other) => one - other);
const at = (part: number) =>
  (taken[Math.min(taken.length - 1, Math.floor(taken.length * part))] ?? Number.NaN).toFixed(1);
process.stdout.write(
  `${taken.length} messages, from the key to the other page: median ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
);

await browser.close();
await stage.close();
process.exit();
