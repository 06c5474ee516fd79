import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stretchMaxRows } from "../../src/web/chat/message-window.ts";
import { useServer } from "../support/realm.ts";
import { entry, shows, useBrowser, write } from "./browser-session.ts";

const messages = 100_000;
const server = useServer({ SHARDS: 1 });
const { visit } = useBrowser();
const figures: Record<string, string> = {};
afterAll(() => console.table(figures));
let token = "";

beforeAll(async () => {
  [token = ""] = await server.crowd(["budi", "ani"]);
  const [n, time] = [`with recursive n (id) as (select 1 union all select id + 1 from n where id < ${messages})`, "0"];
  await server.sql(
    "budi",
    `${n} insert into messages (log, id, uid, sender, text, time, arrived)
     select logs.id, n.id, null, 'ani@surabaya', 'pesan ' || n.id || case when n.id % 7 then '' else char(10) || 'baris dua' end,
       1763000000000 + n.id * 60000, ${time}
     from n, logs where kind = 'mailbox' and name = 'budi'`,
  );
  await server.sql("budi", "insert into threads (first, second) values ('ani@surabaya', 'budi@surabaya')");
  await server.sql(
    "budi",
    `${n} insert into lines select threads.id, n.id, 1, n.id, null from n, threads where first = 'ani@surabaya'`,
  );
});

const scroller = (page: Page) => page.locator(".scroller");
const elements = (page: Page) => page.locator(".scroller li").count();
const firstRow = async (page: Page) =>
  Number(await page.locator(".scroller [data-row]").first().getAttribute("data-row"));
const lastRow = async (page: Page) =>
  Number(await page.locator(".scroller [data-row]").last().getAttribute("data-row"));

test("A conversation of 100,000 messages is scrolled up without a jump, with a bounded page.", async () => {
  const page = await visit(server.url, { name: "budi", token, route: "#/private/ani@surabaya" });
  await page.getByText(`pesan ${messages}`, { exact: true }).first().waitFor();
  expect(await page.locator(".to-newest").count()).toBe(0);

  // Scrolls as a wheel does, a part of a screen in each frame, and watches what a reader sees.
  const seen = await scroller(page).evaluate(async (element, frames) => {
    const { requestAnimationFrame } = element.ownerDocument.defaultView;
    let worstJump = 0;
    let mostElements = 0;
    const gaps: number[] = [];
    let before = performance.now();
    for (let frame = 0; frame < frames; frame++) {
      const top = element.getBoundingClientRect().top;
      const anchor = [...element.querySelectorAll("[data-row]")].find(
        (row) => row.getBoundingClientRect().bottom > top,
      );
      const from = anchor?.getBoundingClientRect().top ?? 0;
      const step = Math.min(200, element.scrollTop);
      element.scrollTop -= step;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      gaps.push(now - before);
      before = now;
      if (anchor?.isConnected) {
        worstJump = Math.max(worstJump, Math.abs(anchor.getBoundingClientRect().top - from - step));
      }
      mostElements = Math.max(mostElements, element.querySelectorAll("*").length);
    }
    gaps.sort((one, other) => one - other);
    return {
      worstJump,
      mostElements,
      median: gaps[gaps.length >> 1] ?? 0,
      p99: gaps[Math.floor(gaps.length * 0.99)] ?? 0,
    };
  }, 300);
  const reached = await firstRow(page);
  figures["messages scrolled up"] = String(messages - reached);
  figures["a frame, median and p99, in ms"] = `${seen.median.toFixed(0)}, ${seen.p99.toFixed(0)}`;
  figures["elements at most"] = String(seen.mostElements);
  expect(reached).toBeLessThan(messages - 2 * stretchMaxRows);
  expect(seen.worstJump).toBeLessThan(2);
  expect(await elements(page)).toBeLessThan(stretchMaxRows + 100);

  // The list goes on living meanwhile, and what is read stays where it is.
  const [ani = ""] = await server.crowd(["citra"]);
  await server.command("sendprivate budi dari citra", { token: ani });
  await entry(page, "private/citra@surabaya").waitFor();

  await page.getByRole("button", { name: "Ke pesan terbaru" }).click();
  await expect.poll(() => lastRow(page)).toBe(messages);
  await expect.poll(() => page.locator(".to-newest").count()).toBe(0);
});

test("The Home key leads to the first message, and from there one reads on.", async () => {
  const page = await visit(server.url, { name: "budi", token, route: "#/private/ani@surabaya" });
  await page.getByText(`pesan ${messages}`, { exact: true }).first().waitFor();
  await scroller(page).focus();
  await page.keyboard.press("Home");
  await expect.poll(() => firstRow(page)).toBe(1);
  await page.getByText("Awal percakapan").waitFor();
  const before = await lastRow(page);
  for (let n = 0; n < 6; n++) await page.keyboard.press("PageDown");
  await expect.poll(() => lastRow(page)).toBeGreaterThan(before);
  await page.keyboard.press("End");
  await expect.poll(() => lastRow(page)).toBe(messages);
});

test("Whoever writes far up in the history sees what they wrote, at the end.", async () => {
  const page = await visit(server.url, { name: "budi", token, route: "#/private/ani@surabaya" });
  await page.getByText(`pesan ${messages}`, { exact: true }).first().waitFor();
  await scroller(page).focus();
  await page.keyboard.press("Home");
  await expect.poll(() => firstRow(page)).toBe(1);
  await write(page, "dari jauh di atas");
  await scroller(page).getByText("dari jauh di atas").waitFor();
  await expect.poll(() => lastRow(page)).toBe(messages + 1);
  await expect.poll(() => page.locator(".to-newest").count()).toBe(0);
});

test("However many messages come to a page that stays open, it holds no more than it shows.", async () => {
  const [pendengar = "", penyiar = ""] = await server.crowd(["pendengar", "penyiar"]);
  const page = await visit(server.url, { name: "pendengar", token: pendengar, route: "#/private/penyiar@surabaya" });
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable");
  const nodes = async () => {
    await browser.send("HeapProfiler.collectGarbage");
    const { metrics } = await browser.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "Nodes")?.value ?? 0;
  };
  const hear = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await server.command(`sendprivate pendengar siaran ${n}`, { token: penyiar });
    await scroller(page).getByText(`siaran ${to}`, { exact: true }).waitFor();
  };
  // As many as a page shows, and then as many again.
  await hear(1, stretchMaxRows + 20);
  const before = await nodes();
  await hear(stretchMaxRows + 21, 2 * stretchMaxRows + 40);
  const after = await nodes();
  figures["nodes of a full page, and after as many messages again"] = `${before}, ${after}`;
  // A message has some 14.
  expect(after - before).toBeLessThan(stretchMaxRows);
});

const hostile = {
  script: `<script>document.body.remove()</script><img src=x onerror="document.body.remove()">`,
  markup: `"><b>tebal</b>&amp;<!-- `,
  "right to left": "\u202Eterbalik \u2067\u202B dan tidak ditutup",
  combining: `Z\u0300${"\u0336\u0489".repeat(200)}`,
  emoji: "👩‍👩‍👧‍👦🏳️‍🌈 👍🏽",
  control: "a\u0000b\u0007c\u001b[31md\r\ne\u2028f",
  "one word": "w".repeat(3000),
};

test("Hostile texts are shown as the text that they are, and change nothing around them.", async () => {
  const [budi = "", penulis = ""] = await server.crowd(["korban", "penulis"]);
  const whole = `${"😀".repeat(16_000)}akhir`;
  const sent = [...Object.values(hostile), whole];
  for (const text of sent) {
    expect((await server.command(`sendprivate korban ${text}`, { token: penulis })).status).toBe(200);
  }
  const page = await visit(server.url, { name: "korban", token: budi, route: "#/private/penulis@surabaya" });
  await expect.poll(() => page.locator(".bubble").count()).toBe(sent.length);
  const folded = page.getByRole("button", { name: "Tampilkan semua" });
  while ((await folded.count()) > 0) await folded.first().click();
  await shows(page, sent);
  expect(await page.locator(".scroller :is(script, img, b)").count()).toBe(0);
  // Nothing sticks out: neither page nor conversation can be scrolled sideways.
  for (const selector of ["html", ".scroller", ".list"]) {
    const [width, inside] = await page.locator(selector).evaluate((each) => [each.clientWidth, each.scrollWidth]);
    expect(inside).toBe(width);
  }
  // What turns the direction of text does so within its own bubble only.
  const clocks = await page
    .locator(".bubble time")
    .evaluateAll((all) => all.map((each) => each.ownerDocument.defaultView.getComputedStyle(each).direction));
  expect(new Set(clocks)).toEqual(new Set(["ltr"]));
});

test("Sixteen messages of 64 KiB at once are more than a frame holds, and are shown all the same.", async () => {
  const [budi = "", penulis = ""] = await server.crowd(["pembaca", "penyair"]);
  for (let n = 0; n < 17; n++) {
    await server.command(`sendprivate pembaca ${n} ${"x".repeat(65_000)}`, { token: penulis });
  }
  const page = await visit(server.url, { name: "pembaca", token: budi, route: "#/private/penyair@surabaya" });
  await expect.poll(() => page.locator(".bubble").count()).toBe(17);
});
