import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useServer } from "../support/test-server.ts";
import { conversationLink, evaluate, expectMessages, useBrowser } from "./browser-session.ts";

const server = useServer({ SHARDS: 1 });
const { open } = useBrowser();

let runs = 0;
/** A conversation with one message, in the page of its recipient. */
async function openConversation(): Promise<{ page: Page; key: string }> {
  const run = ++runs;
  const [budi = "", ani = ""] = await server.seedAccounts([`budi${run}`, `ani${run}`]);
  await server.command(`sendprivate budi${run} halo`, { token: ani });
  const key = `private/ani${run}@surabaya`;
  const page = await open(server.url, { name: `budi${run}`, token: budi, route: `#/${key}` });
  await expectMessages(page, ["halo"]);
  return { page, key };
}

/** Dispatches `keydown` as a browser does that reports this. */
const press = (page: Page, selector: string, init: object) =>
  evaluate(
    page,
    `document.querySelector(${JSON.stringify(selector)})
      .dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...${JSON.stringify(init)} }))`,
  );
/** How browsers report a key that an input method takes: Chrome and Firefox, and Safari at the end of a composition. */
const processed = [
  { isComposing: true, keyCode: 13 },
  { isComposing: true, keyCode: 229 },
  { isComposing: false, keyCode: 229 },
];

test("a key that an input method takes neither sends, nor closes, nor moves anything", async () => {
  const { page, key } = await openConversation();
  const field = page.locator(".composer textarea");
  await field.fill("にほ");
  const link = `[data-conversation="${key}"]`;
  for (const init of processed) {
    await press(page, ".composer textarea", { key: "Enter", ...init });
    await press(page, ".composer textarea", { key: "Escape", ...init });
    await press(page, ".scroller", { key: "Escape", ...init });
    const isHomeFree = await press(page, ".scroller", { key: "Home", ...init });
    const isArrowFree = await press(page, link, { key: "End", ...init });
    expect([isHomeFree, isArrowFree]).toEqual([true, true]);
  }
  expect(await field.inputValue()).toBe("にほ");
  await expectMessages(page, ["halo"]);
  await field.press("Enter");
  await expectMessages(page, ["halo", "にほ"]);
  await field.press("Escape");
  await expect.poll(() => page.locator(".composer").count()).toBe(0);
  await conversationLink(page, key).waitFor();
});

test("an input method of the browser composes a word, and only the next Enter sends it", async () => {
  const { page } = await openConversation();
  await page.locator(".composer textarea").focus();
  const browser = await page.context().newCDPSession(page);
  await browser.send("Input.imeSetComposition", { text: "ni", selectionStart: 2, selectionEnd: 2 });
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 } as const;
  await browser.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter });
  await browser.send("Input.dispatchKeyEvent", {
    type: "rawKeyDown",
    key: "Escape",
    code: "Escape",
    windowsVirtualKeyCode: 27,
  });
  expect(await page.locator(".composer textarea").inputValue()).toBe("ni");
  await browser.send("Input.insertText", { text: "你" });
  await page.keyboard.press("Enter");
  await expectMessages(page, ["halo", "你"]);
});

test("Esc during a composition does not close a dialog, and the next one does", async () => {
  const { page } = await openConversation();
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page.getByLabel("Nama, atau nama@realm").focus();
  // What Chrome and Safari do when their user presses Esc to leave a composition.
  for (const init of processed) {
    await evaluate(
      page,
      `(() => {
        const field = document.querySelector("dialog [name=address]");
        field.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: "Escape", ...${JSON.stringify(init)} }));
        const dialog = field.closest("dialog");
        if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close();
      })()`,
    );
    expect(await page.getByRole("dialog").count()).toBe(1);
  }
  await expect
    .poll(async () => {
      await page.keyboard.press("Escape");
      return page.getByRole("dialog").count();
    })
    .toBe(0);
});
