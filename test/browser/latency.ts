/**
 * `npm run measure:page`: the time from the key press that sends a message to the frame in which another page shows it.
 * Prints the median and the 99th percentile of 500 messages, sent one after another; `-- --messages N` sets their number.
 */
import { parseArgs } from "node:util";
import { launchBrowser } from "../support/chromium.ts";
import { openPage } from "./open-page.ts";
import { openPageFixture } from "./page-fixture.ts";

const { values } = parseArgs({ options: { messages: { type: "string", default: "500" } } });
const messages = Number(values.messages);
const [fixture, browser] = await Promise.all([openPageFixture(), launchBrowser()]);

const [budi, ani] = await Promise.all([fixture.logIn("surabaya", "budi"), fixture.logIn("jakarta", "ani")]);
const [sender, reader] = await Promise.all([
  openPage(browser, fixture.port, { name: "budi", token: budi, route: "#/private/ani@jakarta" }),
  openPage(browser, fixture.port, { realm: "jakarta", name: "ani", token: ani, route: "#/private/budi@surabaya" }),
]);
const field = sender.locator(".composer textarea");
await Promise.all([field.waitFor(), reader.locator(".composer textarea").waitFor()]);

// Each page records its own times by the clock of this machine, so this program adds no delay to them.
await sender.evaluate(`
  globalThis.pressed = [];
  addEventListener("keydown", ({ key }) => {
    if (key === "Enter") pressed.push(performance.timeOrigin + performance.now());
  }, true);
`);
await reader.evaluate(`
  globalThis.shown = [];
  new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.("[data-message]"));
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
const pressedAt = await sender.evaluate<number[]>("pressed");
const shownAt = await reader.evaluate<number[]>("shown");
const delays = shownAt.map((shown, n) => shown - (pressedAt[n] ?? Number.NaN)).sort((one, other) => one - other);
const quantile = (part: number) =>
  (delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? Number.NaN).toFixed(1);
process.stdout.write(
  `${delays.length} messages, from the key press to the other page: median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms\n`,
);

await browser.close();
await fixture.close();
process.exit();
