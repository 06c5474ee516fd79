import { expect, test, vi } from "vitest";
import { loadSession, saveSession } from "../../src/web/chat/login-storage.ts";
import { type KeyValueStorage, TabStorage } from "../../src/web/chat/tab-storage.ts";

/** A storage of which the named calls throw. */
function storageThatRefuses(...calls: (keyof KeyValueStorage)[]): KeyValueStorage & { held: Map<string, string> } {
  const held = new Map<string, string>();
  const unless = <T>(call: keyof KeyValueStorage, act: () => T): T => {
    if (calls.includes(call)) throw new DOMException("denied", "SecurityError");
    return act();
  };
  return {
    held,
    getItem: (name) => unless("getItem", () => held.get(name) ?? null),
    setItem: (name, text) => unless("setItem", () => void held.set(name, text)),
    removeItem: (name) => unless("removeItem", () => void held.delete(name)),
  };
}

const session = { token: "rnh_budi_x", user: "budi@surabaya" };

test.each([
  [
    "is forbidden",
    () =>
      new TabStorage(() => {
        throw new DOMException("denied", "SecurityError");
      }),
  ],
  ["refuses writes", () => new TabStorage(() => storageThatRefuses("setItem", "removeItem"))],
  ["refuses every call", () => new TabStorage(() => storageThatRefuses("getItem", "setItem", "removeItem"))],
])("where the browser's storage %s, the page works in memory and says so", (_, open) => {
  const storage = open();
  expect([loadSession(storage), storage.isIncomplete]).toEqual([null, false]);
  const listener = vi.fn();
  storage.subscribe(listener);
  saveSession(storage, session);
  expect([loadSession(storage), storage.isIncomplete]).toEqual([session, true]);
  saveSession(storage, null);
  expect([loadSession(storage), storage.isIncomplete]).toEqual([null, false]);
  expect(listener).toHaveBeenCalledTimes(2);
});

test("an entry that the browser does not remove is gone for the page", () => {
  const browser = storageThatRefuses("removeItem");
  const storage = new TabStorage(() => browser);
  saveSession(storage, session);
  saveSession(storage, null);
  expect([browser.held.size, loadSession(storage)]).toEqual([1, null]);
});

test("a storage that was full and takes an entry later is complete again", () => {
  const browser = storageThatRefuses();
  const storage = new TabStorage(() => browser);
  const { setItem } = browser;
  browser.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  storage.setItem("a", "1");
  expect([storage.getItem("a"), storage.isIncomplete]).toEqual(["1", true]);
  browser.setItem = setItem;
  storage.setItem("a", "2");
  expect([storage.getItem("a"), browser.held.get("a"), storage.isIncomplete]).toEqual(["2", "2", false]);
});
