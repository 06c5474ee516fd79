import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HttpFailure } from "../../src/web/chat/http-command.ts";
import { Logouts } from "../../src/web/chat/logouts.ts";
import type { Reply } from "../../src/web/chat/reply-parser.ts";
import { TabStorage } from "../../src/web/chat/tab-storage.ts";

let answer: () => Reply;
let sent: string[];
let storage: TabStorage;
const ok: Reply = { status: "OK", data: "Sesi diakhiri" };
const error = (code: string, retryAfter?: number): Reply => ({
  status: "ERROR",
  data: "",
  error: code,
  ...(retryAfter && { retryAfter }),
});
const noAnswer = (): Reply => {
  throw new HttpFailure("no-answer");
};

beforeEach(() => {
  vi.useFakeTimers();
  const held = new Map<string, string>();
  storage = new TabStorage(() => ({
    getItem: (name) => held.get(name) ?? null,
    setItem: (name, text) => void held.set(name, text),
    removeItem: (name) => void held.delete(name),
  }));
  sent = [];
});
afterEach(() => void vi.useRealTimers());

const open = () =>
  new Logouts({
    logOut: async (token) => {
      sent.push(token);
      return answer();
    },
    storage,
    random: () => 0,
    onChange: () => {},
  });

test.each([
  ["no answer", noAnswer],
  ["an error of the server", () => error("internal")],
  ["a busy server", () => error("busy", 5)],
])("a logout that meets %s is reported and sent again until the session has ended", async (_, failing) => {
  answer = failing;
  const logouts = open();
  await logouts.end("token");
  expect(logouts.state).toBe("unconfirmed");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.length).toBeGreaterThan(2);
  expect(sent.length).toBeLessThan(20);
  answer = () => ok;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(logouts.state).toBe("confirmed");
  const { length } = sent;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(sent).toHaveLength(length);
});

test("a session that has ended already is not asked for again", async () => {
  answer = () => error("session-ended");
  const logouts = open();
  await logouts.end("token");
  expect([logouts.state, sent]).toEqual(["none", ["token"]]);
});

test("a page that is loaded again goes on, also for several sessions", async () => {
  answer = noAnswer;
  const before = open();
  await before.end("one");
  await before.end("two");
  vi.clearAllTimers();
  answer = () => ok;
  sent = [];
  const logouts = open();
  await logouts.tryNow();
  expect(sent).toEqual(["one", "two"]);
  await logouts.tryNow();
  expect(sent).toHaveLength(2);
});
