import fc from "fast-check";
import { expect, test } from "vitest";
import { hostOfUrl, isLoopback, parseHost } from "../../../src/worker/headers/host.ts";
import { anyText } from "../../protocol/arbitraries.ts";

test.each([
  ["surabaya.example", "surabaya.example", "surabaya.example"],
  ["SURABAYA.Example:8787", "surabaya.example", "surabaya.example:8787"],
  ["surabaya.example.", "surabaya.example.", "surabaya.example."],
  ["my_service:80", "my_service", "my_service:80"],
  ["localhost", "localhost", "localhost"],
  ["127.0.0.1:8787", "127.0.0.1", "127.0.0.1:8787"],
  ["[::1]:8787", "[::1]", "[::1]:8787"],
  ["[0:0:0:0:0:0:0:1]", "[::1]", "[::1]"],
  ["a:", "a", "a"],
  ["a:00080", "a", "a:80"],
  ["xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example"],
])("the host %s has the name %s", (text, hostname, authority) => {
  // The second time it comes from memory.
  for (let n = 0; n < 2; n++) expect(parseHost(text)).toEqual({ hostname, authority });
});

test.each([
  [
    "",
    "a b",
    " a",
    "a:99999",
    "a:-1",
    "a:b",
    "a:1:2",
    ":80",
    "%zz",
    "%61",
    "u@a",
    "u:p@a",
    "a/b",
    "a?b",
    "a#b",
    "a\\b",
  ],
  ["1.2.3.4.5", "256.1.1.1", "[::1", "::1", "[]", "[::g]", "[fe80::1%25eth0]", "-a", ".a", "..", "*.a"],
  ['a"b', "a'b", "a`b", "$(id)", "a$b", "a;b", "a&b", "a|b", "a(b)", "a{b}", "a!b", "a~b", "a,b", "a=b", "a+b", "<b>"],
  ["surabaya\u00e9", "\u200ba", "a\u0000", "a\nb", "a".repeat(300), `${"a".repeat(270)}:1`],
])("texts that are no host are refused: %s …", (...texts) => {
  expect(texts.filter((text) => parseHost(text) !== null)).toEqual([]);
});

test("what is accepted can be put into a URL and into a shell's line as it is", () => {
  const nearly = fc
    .array(fc.constantFrom("a", "1", ".", "-", "_", ":", "[", "]", "::1", "80", "$", '"', "'", "(", "%", "@", "/"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(anyText, nearly), (text) => {
      const host = parseHost(text);
      if (!host) return;
      expect(new URL(`http://${host.authority}`).hostname).toBe(host.hostname);
      expect(host.authority).toMatch(/^[a-z0-9._:[\]-]+$/);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["http://a:8787/command", "a:8787"],
  ["https://a/", "a"],
  ["http://a", "a"],
  ["http://a?b=/c", "a"],
  ["http://a#b", "a"],
  ["http://u@a/", null],
  ["http:///a", null],
])("the host of the URL %s is %s", (url, authority) => {
  expect(hostOfUrl(url)?.authority ?? null).toBe(authority);
});

test.each([
  ["localhost", true],
  ["LOCALHOST.:80", true],
  ["surabaya.localhost:8787", true],
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["127.1", true],
  ["[::1]:8787", true],
  ["localhost.example", false],
  ["notlocalhost", false],
  ["127.0.0.1.example", false],
  ["128.0.0.1", false],
  ["10.0.0.1", false],
  ["[::2]", false],
])("the host %s is this machine: %s", (text, expected) => {
  const host = parseHost(text);
  expect(host && isLoopback(host)).toBe(expected);
});
