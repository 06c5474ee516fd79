import { expect, test } from "vitest";
import { errorReason, preferredLanguage, translatorFor } from "../../src/web/page/ui-texts.ts";

test.for([
  [["en-US", "id"], "en"],
  [["id-ID", "en"], "id"],
  [["fr", "en-GB"], "en"],
  [["fr"], "id"],
  [[], "id"],
] as const)("a browser with the languages %j gets %s", ([tags, language]) => {
  expect(preferredLanguage(tags)).toBe(language);
});

test("placeholders are replaced", () => {
  expect(translatorFor("en")("unread", { count: 3 })).toBe("3 unread");
  expect(translatorFor("id")("unread", { count: 3 })).toBe("3 belum dibaca");
});

test("an unknown error code is described by the server's text, or by the code", () => {
  expect(errorReason("en", "no-such-user", "Pengguna siti tidak ada")).toBe("there is no such user");
  expect(errorReason("en", "from-the-future", "Besok")).toBe("Besok");
  expect(errorReason("en", "from-the-future")).toBe("from-the-future");
});
