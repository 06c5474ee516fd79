import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { windowMaxMessages } from "../../src/web/chat/message-window.ts";
import { useServer } from "../support/test-server.ts";
import { conversationLink, expectMessages, sendMessage, useBrowser } from "./browser-session.ts";

const messages = 100_000;
const server = useServer({ SHARDS: 1 });
const { open } = useBrowser();
const figures: Record<string, string> = {};
afterAll(() => console.table(figures));
let token = "";

beforeAll(async () => {
  [token = ""] = await server.seedAccounts(["budi", "ani"]);
  const [n, time] = [`with recursive n (id) as (select 1 union all select id + 1 from n where id < ${messages})`, "0"];
  await server.sql(
    "budi",
    `${n} insert into messages (log_id, id, uid, sender, text, sent_at, received_at)
     select message_logs.id, n.id, null, 'ani@surabaya', 'pesan ' || n.id || case when n.id % 7 then '' else char(10) || 'baris dua' end,
       1763000000000 + n.id * 60000, ${time}
     from n, message_logs where kind = 'mailbox' and name = 'budi'`,
  );
  await server.sql(
    "budi",
    "insert into conversations (first_address, second_address) values ('ani@surabaya', 'budi@surabaya')",
  );
  await server.sql(
    "budi",
    `${n} insert into conversation_messages select conversations.id, n.id, 1, n.id, null from n, conversations where first_address = 'ani@surabaya'`,
  );
});

const scroller = (page: Page) => page.locator(".scroller");
const elements = (page: Page) => page.locator(".scroller li").count();
const firstRow = async (page: Page) =>
  Number(await page.locator(".scroller [data-message]").first().getAttribute("data-message"));
const lastRow = async (page: Page) =>
  Number(await page.locator(".scroller [data-message]").last().getAttribute("data-message"));

test("scrolling up through 100,000 messages causes no jump and keeps the number of elements bounded", async () => {
  const page = await open(server.url, { name: "budi", token, route: "#/private/ani@surabaya" });
  await page.getByText(`pesan ${messages}`, { exact: true }).first().waitFor();
  expect(await page.locator(".to-newest").count()).toBe(0);

  // Scrolls a part of a screen in each frame, and measures how far the first visible message moves.
  const measured = await scroller(page).evaluate(async (element, frames) => {
    const { requestAnimationFrame } = element.ownerDocument.defaultView;
    let worstJump = 0;
    let mostElements = 0;
    const gaps: number[] = [];
    let before = performance.now();
    for (let frame = 0; frame < frames; frame++) {
      const top = element.getBoundingClientRect().top;
      const anchor = [...element.querySelectorAll("[data-message]")].find(
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
  figures["a frame, median and p99, in ms"] = `${measured.median.toFixed(0)}, ${measured.p99.toFixed(0)}`;
  figures["elements at most"] = String(measured.mostElements);
  expect(reached).toBeLessThan(messages - 2 * windowMaxMessages);
  expect(measured.worstJump).toBeLessThan(2);
  expect(await elements(page)).toBeLessThan(windowMaxMessages + 100);

  // The conversation list is still updated.
  const [ani = ""] = await server.seedAccounts(["citra"]);
  await server.command("sendprivate budi dari citra", { token: ani });
  await conversationLink(page, "private/citra@surabaya").waitFor();

  await page.getByRole("button", { name: "Ke pesan terbaru" }).click();
  await expect.poll(() => lastRow(page)).toBe(messages);
  await expect.poll(() => page.locator(".to-newest").count()).toBe(0);
});

test("the Home key goes to the first message, and Page Down loads the following ones", async () => {
  const page = await open(server.url, { name: "budi", token, route: "#/private/ani@surabaya" });
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

test("sending a message far up in the history scrolls to the end", async () => {
  const page = await open(server.url, { name: "budi", token, route: "#/private/ani@surabaya" });
  await page.getByText(`pesan ${messages}`, { exact: true }).first().waitFor();
  await scroller(page).focus();
  await page.keyboard.press("Home");
  await expect.poll(() => firstRow(page)).toBe(1);
  await sendMessage(page, "dari jauh di atas");
  await scroller(page).getByText("dari jauh di atas").waitFor();
  await expect.poll(() => lastRow(page)).toBe(messages + 1);
  await expect.poll(() => page.locator(".to-newest").count()).toBe(0);
});

test("the number of DOM nodes does not grow with the number of received messages", async () => {
  const [pendengar = "", penyiar = ""] = await server.seedAccounts(["pendengar", "penyiar"]);
  const page = await open(server.url, { name: "pendengar", token: pendengar, route: "#/private/penyiar@surabaya" });
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable");
  const nodes = async () => {
    await browser.send("HeapProfiler.collectGarbage");
    const { metrics } = await browser.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "Nodes")?.value ?? 0;
  };
  const deliver = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await server.command(`sendprivate pendengar siaran ${n}`, { token: penyiar });
    await scroller(page).getByText(`siaran ${to}`, { exact: true }).waitFor();
  };
  // Fills the window, and then sends as many messages again.
  await deliver(1, windowMaxMessages + 20);
  const before = await nodes();
  await deliver(windowMaxMessages + 21, 2 * windowMaxMessages + 40);
  const after = await nodes();
  figures["nodes of a full page, and after as many messages again"] = `${before}, ${after}`;
  // A message has about 14 nodes.
  expect(after - before).toBeLessThan(windowMaxMessages);
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

test("markup, control characters and bidirectional text are shown as plain text, inside their bubble", async () => {
  const [budi = "", penulis = ""] = await server.seedAccounts(["korban", "penulis"]);
  const whole = `${"😀".repeat(16_000)}akhir`;
  const sent = [...Object.values(hostile), whole];
  for (const text of sent) {
    expect((await server.command(`sendprivate korban ${text}`, { token: penulis })).status).toBe(200);
  }
  const page = await open(server.url, { name: "korban", token: budi, route: "#/private/penulis@surabaya" });
  await expect.poll(() => page.locator(".bubble").count()).toBe(sent.length);
  const collapsed = page.getByRole("button", { name: "Tampilkan semua" });
  while ((await collapsed.count()) > 0) await collapsed.first().click();
  await expectMessages(page, sent);
  expect(await page.locator(".scroller :is(script, img, b)").count()).toBe(0);
  // Neither the page nor a part of it scrolls sideways.
  for (const selector of ["html", ".scroller", ".conversation-list"]) {
    const [width, scrollWidth] = await page.locator(selector).evaluate((each) => [each.clientWidth, each.scrollWidth]);
    expect(scrollWidth).toBe(width);
  }
  // Characters that change the text direction affect only their own bubble.
  const clocks = await page
    .locator(".bubble time")
    .evaluateAll((all) => all.map((each) => each.ownerDocument.defaultView.getComputedStyle(each).direction));
  expect(new Set(clocks)).toEqual(new Set(["ltr"]));
});

test("a page of messages that exceeds the frame limit is loaded and shown", async () => {
  const [budi = "", penulis = ""] = await server.seedAccounts(["pembaca", "penyair"]);
  for (let n = 0; n < 17; n++) {
    await server.command(`sendprivate pembaca ${n} ${"x".repeat(65_000)}`, { token: penulis });
  }
  const page = await open(server.url, { name: "pembaca", token: budi, route: "#/private/penyair@surabaya" });
  await expect.poll(() => page.locator(".bubble").count()).toBe(17);
});
