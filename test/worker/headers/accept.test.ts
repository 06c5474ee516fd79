import { expect, test } from "vitest";
import { asksForHtml } from "../../../src/worker/headers/accept.ts";
import { preferredCoding } from "../../../src/worker/headers/accept-encoding.ts";

test.each([
  ["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", true],
  ["text/html", true],
  ["TEXT/HTML; charset=utf-8", true],
  ["text/html;level=1;q=0.5, */*", true],
  ["application/json, text/html;q=0.1", true],
  ["text/plain;q=0.5, text/html;q=0.5", true],
  ["*/*", false],
  ["", false],
  ["text/*", false],
  ["application/json", false],
  ["application/json, text/html;q=0", false],
  ["application/json, text/html; q=0.000", false],
  ["text/html;q=oui", false],
  ["text/plain, text/html;q=0.5", false],
  ["text/htmlx", false],
  ["x-text/html", false],
  ['application/json;profile="a, text/html"', false],
  ['application/json;profile="a\\", text/html"', false],
  ['application/json;profile="a", text/html', true],
])("`Accept: %s` asks for HTML: %s", (accept, expected) => {
  expect(asksForHtml(accept)).toBe(expected);
});

test("a request without Accept does not ask for HTML", () => {
  expect(asksForHtml(null)).toBe(false);
});

test.each([
  ["gzip, deflate, br", "br"],
  ["gzip, deflate", "gzip"],
  ["br;q=1.0, gzip;q=0.8", "br"],
  ["br;q=0.5, gzip", "gzip"],
  ["BR", "br"],
  ["br;q=0, gzip;q=0", null],
  ["br;q=0,gzip", "gzip"],
  ["identity", null],
  ["*", null],
  ["brotli, xgzip", null],
  ["", null],
])("`Accept-Encoding: %s` prefers %s", (header, coding) => {
  expect(preferredCoding(header, ["br", "gzip"])).toBe(coding);
});
