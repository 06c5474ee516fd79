import fc from "fast-check";
import { expect, test } from "vitest";
import { languageOf } from "../../../src/worker/headers/accept-language.ts";
import { anyText } from "../../protocol/arbitraries.ts";

test("the language is Indonesian or English for every header, and Indonesian without one", () => {
  const nearly = fc
    .array(fc.constantFrom("en", "id", "in", "EN-us", "fr", "*", ",", ";", "q=", "0.5", "1", "0", "-1", '"', " "))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(anyText, nearly), (header) => {
      expect(["id", "en"]).toContain(languageOf(header));
    }),
  );
  expect(languageOf(null)).toBe("id");
  expect(languageOf("")).toBe("id");
});

test.each([
  ["en", "en"],
  ["EN", "en"],
  ["en-US,en;q=0.9", "en"],
  ["id", "id"],
  ["id-ID,en;q=0.9", "id"],
  // Java and Android write the old code of Indonesian, and some programs a locale.
  ["in-ID,en;q=0.9", "id"],
  ["in", "id"],
  ["en;q=0.5,in;q=0.6", "id"],
  ["in_ID, en;q=0.5", "id"],
  ["en_US, id;q=0.5", "en"],
  ["en,id", "en"],
  ["id,en", "id"],
  ["en;q=0.5,id;q=0.4", "en"],
  ["id;q=0.4, en;q=0.5", "en"],
  ["id;q=0.4 , en ; Q=0.5", "en"],
  ["en;q=0.001", "en"],
  ["id;q=1.000,en;q=1", "id"],
  ["fr,en;q=0.1", "en"],
  ["fr", "id"],
  ["*", "id"],
  ["*;q=1,en;q=0.1", "en"],
  ["eng", "id"],
  ["en;q=0", "id"],
  ["en;q=0.000", "id"],
  ["en;q=satu", "id"],
  ["en;q=", "id"],
  ["en;q=-1", "id"],
  ["en;q=2", "id"],
  ["en;q=1e0", "id"],
  ["en;q=0.5555", "id"],
  ["en;q=0,id;q=0", "id"],
  [",,en", "en"],
  [`${"fr,".repeat(100)}en`, "id"],
  // The element at the 256th character is left out, and not cut to `en;q=0.9`.
  [`id;q=0.5${",fr".repeat(81)},en;q=0.9`, "id"],
])("`Accept-Language: %s` is answered in `%s`", (header, language) => {
  expect(languageOf(header)).toBe(language);
});
