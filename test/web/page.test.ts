import { expect, test } from "vitest";
import { newKey } from "../../src/web/chat/conversation-key.ts";
import { hrefOf, routeOf } from "../../src/web/page/route.ts";
import { dayName, listTime } from "../../src/web/page/time-format.ts";
import { languageOf, reasonIn, sayIn } from "../../src/web/page/ui-texts.ts";

test.for([
  [["en-US", "id"], "en"],
  [["id-ID", "en"], "id"],
  [["fr", "en-GB"], "en"],
  [["fr"], "id"],
  [[], "id"],
] as const)("Whoever reads %j is spoken to in %s.", ([tags, language]) => {
  expect(languageOf(tags)).toBe(language);
});

test("Texts are filled in, and an unknown error says what the server said.", () => {
  expect(sayIn("en")("unread", { count: 3 })).toBe("3 unread");
  expect(sayIn("id")("unread", { count: 3 })).toBe("3 belum dibaca");
  expect(reasonIn("en", "no-such-user", "Pengguna siti tidak ada")).toBe("there is no such user");
  expect(reasonIn("en", "from-the-future", "Besok")).toBe("Besok");
  expect(reasonIn("en", "from-the-future")).toBe("from-the-future");
});

test("The address bar holds conversations, and nothing else.", () => {
  for (const key of ["private/ani@jakarta", "group/tim.a_b-c@chat.example"]) expect(routeOf(hrefOf(key))).toBe(key);
  for (const hash of ["", "#", "#/", "#/private/ani", "#/x/ani@jakarta", "#/private/<b>@jakarta", "#/group/a@b/c"]) {
    expect(routeOf(hash)).toBeNull();
  }
});

test("Days are named as people name them.", () => {
  const now = new Date(2026, 10, 23, 9, 0).getTime();
  const at = (day: number, year = 2026) => new Date(year, 10, day, 23, 30).toISOString();
  const name = (time: string) => dayName(time, "en", sayIn("en"), now);
  expect([name(at(23)), name(at(22)), name(at(20)), name(at(20, 2025))]).toEqual([
    "Today",
    "Yesterday",
    expect.stringContaining("20 November"),
    expect.stringContaining("2025"),
  ]);
  expect(listTime(at(22), "id", sayIn("id"), now)).toBe("Kemarin");
  expect(listTime(at(23), "id", sayIn("id"), now)).toBe("23.30");
});

test("Every key is a random UUID of version 4.", () => {
  const keys = new Set(Array.from({ length: 100 }, newKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});
